import Logging
import NIOCore
import RecentLog
import SystemFacts
import Threads
import TraceProtocol

/// The controller: who is connected, which sessions run, and the tick of the clock. `Session` has what happens in a
/// session.
///
/// Confined to one event loop, which is also its executor; channel handlers of that loop call it directly. Storage may
/// block, so it works elsewhere (`SessionStorage`).
public actor Controller {
    nonisolated var loop: any EventLoop { executor.loop }
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let executor: EventLoopExecutor

    let log: Logger
    let recent: RecentLog
    let name: String
    /// This process: its threads stay out of the traces of agents on the same machine.
    let host: WireHostFacts
    let storage: any SessionStorage
    nonisolated let time: TimeSource
    let random: RandomSource
    let budget: Budget
    var peerLines: PeerLines
    /// How long agents go on without a frame from here.
    let lease: Duration
    let twins: TwinRule

    var nodes: [String: Node] = [:]
    var operators: [ObjectIdentifier: OperatorLink] = [:]
    /// By the operators' names.
    var accounts: [String: OperatorAccount] = [:]
    var sessions: [UInt64: Session] = [:]
    var stored = StoredSessions()
    /// Stored sessions that somebody reads.
    var storedReadings: [UInt64: StoredSession] = [:]
    let retention: Retention
    /// Another process goes on with the sessions.
    var isHandingOver = false
    /// Lists of events that nodes have sent, by their digests.
    var lists = ListCache()
    /// What a burst took is given back.
    var trim = HeapTrim()
    var audit: AuditLog
    /// Private sessions, also those that are over: logs still mention them.
    var privateSessions = PrivateSessions()
    var certificates = CertificateUse()
    var refusals = LineThrottle<RefusedConnection>(limit: Controller.refusalLines)
    var ticks = 0
    var lastLink = 0
    /// Nil while there is no UDP port.
    var prober: (any DatagramProbing)?
    /// By the number of its path.
    var quietLinks: [UInt64: NodeLink] = [:]

    init(
        name: String, storage: any SessionStorage, lease: Duration, twins: TwinRule = .refuse, host: WireHostFacts,
        budget: Budget = Budget(), retention: Retention = Retention(), loop: any EventLoop, time: TimeSource = .system,
        random: RandomSource = .system, log: Logger, recent: RecentLog, auditLog: Logger? = nil
    ) {
        executor = EventLoopExecutor(loop)
        self.name = name
        self.storage = storage
        self.lease = lease
        self.twins = twins
        self.host = host
        self.budget = budget
        self.retention = retention
        peerLines = PeerLines(budget.connection.logLines)
        self.time = time
        self.random = random
        self.log = log
        self.recent = recent
        audit = AuditLog(auditLog ?? log)
    }

    /// Every 50 ms: clock probes, rates, deadlines.
    func tick() {
        ticks += 1
        let now = time.now()
        probeClocks()
        if ticks.isMultiple(of: 2) { for node in nodes.values { node.link?.checkPatience(now: now) } }
        if ticks.isMultiple(of: 20) {
            measureNodes(now: now)
            for session in Array(sessions.values) { session.checkReaders(now: now) }
            if trim.isDue(at: now) { HeapTrim.run() }
            reportRefusals()
            audit.expire(now: now)
        }
        if ticks.isMultiple(of: 10) {
            for session in Array(sessions.values) {
                session.checkHold()
                session.checkDeadline(now: now)
            }
        }
        if ticks.isMultiple(of: 1200) { applyRetention() }
        if ticks.isMultiple(of: 300) { for link in operators.values { link.send(Frame(.ping, ByteBuffer())) } }
    }

    /// Whether a session runs, or is still read.
    var hasSessions: Bool { !sessions.isEmpty }

    /// Asks all sessions to end in order.
    func stopSessions() {
        for session in Array(sessions.values) {
            // What was recorded is whole, but its operator wanted more.
            session.report(problem: "the controller is shutting down")
            session.stop()
        }
    }

    /// Says goodbye to everyone.
    func shutDown() {
        let goodbye = WireGoodbye(.shuttingDown, "the controller is shutting down")
        guard let frame = try? Frame(.goodbye, goodbye) else { return }
        let channels = nodes.values.compactMap { $0.link?.channel } + operators.values.map(\.channel)
        for channel in channels {
            channel.writeAndFlush(frame, promise: nil)
            channel.close(promise: nil)
        }
    }
}
