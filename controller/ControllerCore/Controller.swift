import Logging
import NIOCore
import RecentLog
import SecureTransport
import SessionStore
import SystemFacts
import SystemPackage
import Threads
import TraceClock
import TraceProtocol

/// The controller: who is connected, which sessions run, who reads them.
///
/// Confined to one event loop, which is also its executor; channel handlers of that loop call it directly. Disk
/// work goes to `StoreWorker`.
public actor Controller {
    nonisolated var loop: any EventLoop { executor.loop }
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let executor: EventLoopExecutor

    let log: Logger
    let recent: RecentLog
    let name: String
    let directory: FilePath
    /// This process: its threads stay out of the traces of agents on the same machine.
    let host: WireHostFacts
    let store: StoreWorker

    var nodes: [String: Node] = [:]
    var operators: [ObjectIdentifier: OperatorLink] = [:]
    var sessions: [UInt64: LiveSession] = [:]
    /// Begins anywhere, so that an answer to an earlier controller process is no answer to this one.
    var lastRequest = UInt64.random(in: 0..<1 << 62)
    var lastAttachment: UInt64 = 0
    /// Lists of events that nodes have told, by their digests.
    var lists = ListCache()
    private var ticks = 0
    private var lastLink = 0

    /// Stream bytes that may be under way in all, shared by the nodes.
    private static let creditPool = 256 << 20
    /// How long agents go on without word from here.
    private let leaseMilliseconds: UInt32

    init(
        name: String, directory: FilePath, leaseMilliseconds: UInt32, host: WireHostFacts, loop: any EventLoop,
        diskLoop: any EventLoop, log: Logger, recent: RecentLog
    ) {
        executor = EventLoopExecutor(loop)
        self.name = name
        self.directory = directory
        self.leaseMilliseconds = leaseMilliseconds
        self.host = host
        self.log = log
        self.recent = recent
        store = StoreWorker(loop: diskLoop)
    }

    /// Begins to listen to the store. Once, before anything else.
    func begin() {
        let loop = loop
        store.report(
            to: StoreWorker.Receiver(
                progress: { [weak self] progress in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.stored(progress) } }
                },
                failed: { [weak self] session, node, error in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.storeFailed(session, node, error) } }
                }))
    }

    /// ns of CLOCK_MONOTONIC_RAW: the controller's timeline.
    nonisolated func now() -> Int64 { Int64(MonotonicRawClock.now()) }

    // MARK: Connections

    /// A peer has introduced itself.
    ///
    /// - Throws: `ProtocolError.noCommonVersion`.
    func accept(_ hello: WireHello, from identity: PeerIdentity, on channel: any Channel) throws -> PeerHandler.Peer {
        let version = try Negotiation.commonVersion(theirs: hello.versions)
        var welcome = WireWelcome()
        welcome.version = version
        welcome.capabilities = Negotiation.commonCapabilities(theirs: hello.capabilities)
        welcome.identity = identity.description
        welcome.software = "fleetrace \(Negotiation.software)"
        welcome.leaseMs = leaseMilliseconds
        switch identity.role {
        case .node:
            // What an earlier connection brought is still under way, and is granted again when it is stored.
            let node = nodes[identity.name] ?? Node(name: identity.name)
            nodes[identity.name] = node
            let credit = max(0, creditPerNode - node.outstanding)
            lastLink += 1
            let link = NodeLink(channel: channel, node: node, credit: credit, phase: lastLink)
            welcome.credit = UInt64(credit)
            welcome.resume = attach(link, hello)
            link.send(try Frame(.welcome, welcome))
            orderAgain(link)
            log.info("node connected", metadata: ["node": "\(identity.name)", "kernel": "\(hello.host.kernelRelease)"])
            excludedProcessesChanged()
            return .node(link)
        case .operator:
            let link = OperatorLink(channel: channel, identity: identity, host: hello.host)
            operators[ObjectIdentifier(link)] = link
            link.send(try Frame(.welcome, welcome))
            excludedProcessesChanged()
            return .operator(link)
        case .controller:
            throw ProtocolError.unexpected(.hello, "from another controller")
        }
    }

    private var creditPerNode: Int {
        min(8 << 20, max(512 << 10, Self.creditPool / max(nodes.count, 1)))
    }

    /// The processes of Fleetrace that are connected, and this one.
    func excludedProcesses() -> ExcludedProcesses {
        ExcludedProcesses(
            [host] + operators.values.map(\.host) + nodes.values.compactMap { $0.link == nil ? nil : $0.hello.host })
    }

    /// Tells the agents of running sessions whose threads to leave out from now on, if that has changed.
    func excludedProcessesChanged() {
        guard !sessions.isEmpty else { return }
        let excludedProcesses = excludedProcesses()
        for node in nodes.values where sessions.values.contains(where: { $0.index(of: node) != nil }) {
            guard let link = node.link else { continue }
            var order = WireExcludeProcesses()
            order.pids = excludedProcesses.of(node.hello.host)
            guard order.pids != link.excludedProcesses else { continue }
            link.excludedProcesses = order.pids
            command(.excludeProcesses(order), session: 0, on: link) { _ in }
        }
    }

    // MARK: Commands to agents

    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, on link: NodeLink,
        answer: @escaping (WireCommandReply) -> Void
    ) {
        lastRequest += 1
        var command = WireCommand()
        command.request = lastRequest
        command.session = session
        command.action = action
        guard let frame = try? Frame(.command, command), frame.body.readableBytes <= frame.type.maximumBody else {
            var reply = WireCommandReply()
            reply.refusal = WireRefusal(.unsupported, "the order is longer than a command may be")
            return answer(reply)
        }
        link.pending[lastRequest] = answer
        link.send(frame)
    }

    // MARK: Time

    /// Every 50 ms: clock probes, deadlines.
    func tick() {
        ticks += 1
        let now = now()
        let busy = Set(sessions.values.flatMap { session in session.parts.map { ObjectIdentifier($0.node) } })
        for node in nodes.values {
            guard let link = node.link else { continue }
            // A burst at first finds the quiet moment that makes a narrow bound. Without a good probe a bound of
            // ±500 ppm widens by 50 us in 100 ms, so nodes that record are probed often, as far as their number allows.
            let period = link.nextProbe < 10 ? 1 : busy.contains(ObjectIdentifier(node)) ? 1 + busy.count / 64 : 20
            // Not all at once: replies that wait behind each other widen each other's bounds.
            if (ticks + link.phase) % period == 0 { link.probe(now: self.now()) }
        }
        if ticks % 20 == 0 {
            let epochOffset = epochOffset
            for node in nodes.values { node.measure(now: now, epochOffset: epochOffset) }
        }
        if ticks % 10 == 0 { checkDeadlines(now: now) }
        if ticks % 300 == 0 { for link in operators.values { link.send(Frame(.ping, ByteBuffer())) } }
    }

    /// Asks all sessions to end in order.
    func stopSessions() {
        for session in Array(sessions.values) {
            // What was recorded is whole, but its operator wanted more.
            if session.problem.isEmpty { session.problem = "the controller is shutting down" }
            stop(session)
        }
    }

    /// Says goodbye to everyone.
    func shutDown() {
        var goodbye = WireGoodbye()
        goodbye.reason = .shuttingDown
        goodbye.text = "the controller is shutting down"
        guard let frame = try? Frame(.goodbye, goodbye) else { return }
        let channels = nodes.values.compactMap { $0.link?.channel } + operators.values.map(\.channel)
        for channel in channels {
            channel.writeAndFlush(frame, promise: nil)
            channel.close(promise: nil)
        }
    }
}
