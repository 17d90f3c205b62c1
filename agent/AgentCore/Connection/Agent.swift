import Logging
import NIOCore
import Quotas
import RecentLog
import SecureTransport
import SwiftProtobuf
import SystemFacts
import Threads
import TraceProtocol

/// The agent: carries out the controller's commands and sends what its sessions record.
///
/// Confined to one event loop, which is also its executor, so a channel handler on that loop calls it directly.
/// Blocking work goes to the control threads of `NodeSessions` and `Inventory`; reading goes on in the threads of
/// `CPUReader`.
public actor Agent {
    nonisolated var loop: any EventLoop { executor.loop }
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let executor: EventLoopExecutor

    let log: Logger
    let recent: RecentLog
    let configuration: AgentConfiguration
    /// The sessions' part in the kernel.
    let kernel: NodeSessions
    let inventory: any Inventory
    /// Digest of the list of events that the controller has been told.
    var sentCatalog: [UInt8] = []
    /// Nil for an agent that keeps events in memory alone.
    let spool: AgentSpool?
    let codec = NegotiatedCodec()
    let now: @Sendable () -> MonotonicRawInstant
    private let facts: WireHostFacts
    /// Distinguishes a restart of this agent from its reconnection.
    private let incarnation: String

    /// How long sessions outlive this agent.
    let grace: SuccessionGrace
    /// Nil where somebody else calls `tick`.
    private let ticks: RecordingTicks?
    var audit: AuditLog
    var sessions: [UInt64: AgentSession] = [:]
    /// Of the present connection.
    var commands = OpenCommands()
    /// What a burst of sessions took is given back.
    var trim = HeapTrim()
    var lease: Lease
    /// Totals count against credit.
    var countsCost = false
    /// How often a controller may command something.
    var commandRate: TokenBucket
    var prepareRate: TokenBucket
    var credit = Credit(balance: 0)
    var standstill: Standstill
    /// The session whose frame went out last.
    var lastServed: UInt64?
    /// Nothing more is read: a successor goes on.
    var isHandingOver = false
    private(set) var begun: MonotonicRawInstant
    /// It has been written down that this agent can live.
    var isProven = false
    /// Succeeds when no session is left; nil while nothing waits for that.
    var onIdle: EventLoopPromise<Void>?

    private(set) var channel: (any Channel)?
    /// Whether this connection has got its `Welcome`.
    var isAccepted = false
    /// Whether this connection's controller wants to know that a command goes on.
    var reportsProgress = false
    /// Whether the last connection got as far as `Welcome`.
    var wasAccepted = false
    var goodbye: WireGoodbye?
    /// Replies to this connection's clock probes that come by UDP.
    var responder: ProbeResponder?
    private var onDisconnect: CheckedContinuation<(any Error)?, Never>?
    private var disconnectReason: (any Error)?

    /// Before the controller has stated one.
    static let defaultLease = Duration.seconds(60)

    /// - Parameters:
    ///   - now: the time; tests give their own.
    ///   - random: likewise.
    init(
        loop: any EventLoop, configuration: AgentConfiguration, kernel: NodeSessions, inventory: any Inventory,
        facts: WireHostFacts, spool: AgentSpool? = nil, grace: SuccessionGrace = SuccessionGrace(),
        ticks: RecordingTicks? = nil, log: Logger, recent: RecentLog,
        auditLog: Logger? = nil,
        now: @escaping @Sendable () -> MonotonicRawInstant = { .now }, random: RandomSource = .system
    ) {
        executor = EventLoopExecutor(loop)
        incarnation = String(random.next(), radix: 16)
        self.configuration = configuration
        self.kernel = kernel
        self.inventory = inventory
        self.facts = facts
        self.grace = grace
        self.ticks = ticks
        self.spool = spool
        self.log = log
        self.recent = recent
        audit = AuditLog(auditLog ?? log)
        self.now = now
        commandRate = TokenBucket(configuration.budget.commands)
        prepareRate = TokenBucket(configuration.budget.prepares)
        begun = now()
        lease = Lease(duration: Self.defaultLease, now: now())
        standstill = Standstill(now: now())
    }

    func add(_ session: AgentSession, _ id: UInt64) {
        sessions[id] = session
        if session.isRecording { ticks?.begin(self) }
    }

    // MARK: The connection

    func connected(_ channel: any Channel) {
        self.channel = channel
        isAccepted = false
        wasAccepted = false
        goodbye = nil
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        hello.software = "fleetrace-agent \(Negotiation.software)"
        hello.host = facts
        hello.labels = configuration.labels
        hello.incarnation = incarnation
        hello.sessions = sessions.values.map(\.held)
        send(.hello, hello)
    }

    func disconnected(_ reason: (any Error)?) {
        channel = nil
        isAccepted = false
        commands.removeAll()
        responder?.stop()
        responder = nil
        let cause = goodbye.map { ControllerRefusal(goodbye: $0) as any Error } ?? reason
        if let onDisconnect {
            self.onDisconnect = nil
            onDisconnect.resume(returning: cause)
        } else {
            disconnectReason = cause ?? ConnectionClosed()
        }
    }

    /// Returns when the present connection has ended, with the reason.
    func disconnection() async -> (any Error)? {
        if let reason = disconnectReason {
            disconnectReason = nil
            return reason
        }
        return await withCheckedContinuation { onDisconnect = $0 }
    }

    /// Sends a goodbye and closes.
    func closeConnection() {
        guard let channel else { return }
        let farewell = WireGoodbye(
            .shuttingDown, isHandingOver ? "the agent leaves its sessions to a successor" : "the agent is shutting down"
        )
        send(.goodbye, farewell)
        channel.close(promise: nil)
        guard isHandingOver else { return }
        // A controller that does not answer must not keep the successor waiting.
        loop.assumeIsolated().scheduleTask(in: Self.handoverPatience) {
            channel.triggerUserOutboundEvent(SecureTransport.Abandon(), promise: nil)
        }
    }

    private static let handoverPatience = TimeAmount.seconds(1)

    func send(_ type: FrameType, _ message: some Message) {
        guard let frame = try? Frame(type, message) else { return }
        channel?.writeAndFlush(frame, promise: nil)
    }

    nonisolated func hex(_ session: UInt64) -> String { String(session, radix: 16) }
}
