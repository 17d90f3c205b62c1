import Logging
import NIOCore
import SystemFacts
import TraceClock
import TraceProtocol

/// What a session needs of the process around it besides nodes and operators. Confined to the controller's loop.
struct SessionEnvironment {
    let loop: NIOIsolatedEventLoop
    let time: TimeSource
    let log: Logger
    let budget: Budget.Session
    /// How long agents go on without a frame from here.
    let lease: Duration
    /// Of this machine: the timeline is its clock.
    let bootID: String
    /// The processes of Fleetrace that are connected now.
    let excludedProcesses: () -> ExcludedProcesses
    /// What it took to open a session is no longer needed.
    let releasedMemory: () -> Void
    /// The session of this id is over, and no operator reads it. With a description it is kept in storage.
    let forget: (UInt64, _ stored: WireSessionDescription?) -> Void

    /// Calls back after a time. What calls back is kept alive until then.
    func after(_ delay: Duration, _ body: @escaping () -> Void) {
        loop.scheduleTask(in: TimeAmount(delay), body)
    }

    /// Hands a result of storage to the session's own loop.
    func whenComplete<Value: Sendable>(
        _ future: EventLoopFuture<Value>, _ body: @escaping (Result<Value, any Error>) -> Void
    ) {
        future.hop(to: loop.nonisolated()).assumeIsolated().whenComplete(body)
    }
}

/// A node, as a session sees it.
protocol SessionNode: AnyObject {
    var name: String { get }
    /// Nil while nothing is known of the connection.
    var usualRoundTrip: Duration? { get }
    /// What was measured of its clock lately, oldest first.
    var recentSamples: [ClockSampleFrame] { get }
    /// As far as it was measured since the node's last boot.
    var clock: LiveClock { get }

    /// The node's trace clock at a moment of the controller's timeline; nil while nothing is known of it.
    func agentTime(at moment: MonotonicRawInstant) -> MonotonicRawInstant?
    /// Has its clock measured some times at once, where that disturbs nobody.
    ///
    /// - Returns: how long it takes until most of that is known; nil where nothing is measured.
    @discardableResult
    func measureClock() -> Duration?
    /// A time of the node's trace clock on the controller's timeline.
    func timelineTime(of agentTime: MonotonicRawInstant) -> MappedTime

    /// Its agent knows of trace clocks other than CLOCK_MONOTONIC_RAW.
    var hasClockSources: Bool { get }

    /// When anything came from it last.
    var lastHeard: MonotonicRawInstant { get }
    /// Bytes of sessions that it holds until they are acknowledged, as it says.
    var heldBytes: Int { get }

    /// Sends a command. The reply comes once: the agent's, or a refusal (`nodeLost`, `timeout`) when the connection is
    /// lost or the node is silent for too long.
    ///
    /// - Parameters:
    ///   - lead: how far ahead the moment lies that the command waits for.
    ///   - askedBy: whose request it is, for the agent's audit lines.
    /// - Returns: false while the node is not connected; then no reply comes.
    @discardableResult
    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, lead: Duration, askedBy: String,
        reply: @escaping (WireCommandReply) -> Void
    ) -> Bool

    /// The processes that run on the node's machine. The caller tells the node to leave them out.
    func exclude(_ processes: ExcludedProcesses) -> [UInt32]

    /// Everything of a session up to this sequence number is durable.
    func acknowledge(_ number: StreamNumber)
    /// The node is to send nothing of a session for the time being.
    func hold(_ session: UInt64)
    /// The node is to send again everything of a session after this sequence number.
    func rewind(to number: StreamNumber)
    /// Lets the node send so many further bytes.
    func grant(_ bytes: Int)
    /// A frame of a stream waits for storage. Its bytes are granted again when it is stored.
    ///
    /// - Parameter batch: its head, if it is a batch.
    func hold(_ bytes: Int, batch: BatchHeader?)
}

extension SessionNode {
    /// Sends a command of the controller's own.
    @discardableResult
    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, reply: @escaping (WireCommandReply) -> Void
    ) -> Bool {
        command(action, session: session, lead: .zero, askedBy: "", reply: reply)
    }

    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, lead: Duration,
        reply: @escaping (WireCommandReply) -> Void
    ) -> Bool {
        command(action, session: session, lead: lead, askedBy: "", reply: reply)
    }
}

/// An operator's connection, as a session sees it.
protocol SessionOperator: AnyObject {
    /// Who it is and from where, for logs of others.
    var description: String { get }
    /// Its command comes back when the connection breaks, and says Goodbye when it does not.
    var reclaims: Bool { get }
    /// False while the connection has as much waiting as it should.
    var isWritable: Bool { get }

    func send(_ frame: Frame)
    func respond(to request: UInt64, _ outcome: WireReply.OneOf_Outcome)

    /// From now on the stream is told when the connection accepts more, and when it ends.
    func add(_ stream: any OperatorStream)
    func remove(_ stream: any OperatorStream)
}

/// Frames that are sent to an operator as fast as the connection accepts them.
protocol OperatorStream: AnyObject {
    /// Sends what there is, as far as the connection accepts it.
    func pump()
    /// The connection has ended.
    func operatorLeft()
}
