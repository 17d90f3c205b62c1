import NIOCore
import SystemFacts
import TraceProtocol

/// A session over its nodes: prepared, started at one moment, announced to its operator, stopped and drained.
///
/// `SessionFlow` decides these steps, and this class carries them out. The two kinds, `TracedSession` and
/// `CountedSession`, say what becomes of what the nodes send. A session knows its nodes, its operator and the time
/// through the protocols of `SessionEnvironment.swift`. Confined to the controller's loop.
class Session {
    final var description: WireSessionDescription
    final var flow: SessionFlow
    final var parts: [SessionPart]
    /// Index of each node's part.
    private final let indices: [ObjectIdentifier: Int]
    final let environment: SessionEnvironment
    /// Whose connection holds it; nil while that operator is away, and for a detached session that has begun.
    final weak var owner: (any SessionOperator)?
    final var hold: SessionHold
    /// The request that `SessionOpened` is the reply to.
    private final let openRequest: UInt64
    final var startMoment: StartMoment
    /// The nodes that are ready do not wait for ever.
    final var isPreparingLimited = false
    /// Set when it is being stopped.
    final var drain: DrainDeadline?
    /// Its logs say when it was told to stop.
    final var isStopNoted = false
    /// An earlier controller process began it.
    final var isRecovered = false
    /// Its nodes stop so long after their start; nil for one that is told to end.
    private final let length: Duration?
    /// The moment at which its nodes stop, once its length is over.
    final var plannedEnd: MonotonicRawInstant?
    /// Why what the operator gets is not all that they asked for; empty if it is.
    final var problem = ""

    /// - Parameter members: the nodes and what their agents call themselves.
    init(
        _ description: WireSessionDescription, opening: WireOpenSession, request: UInt64, owner: (any SessionOperator)?,
        members: [(node: any SessionNode, incarnation: String)], environment: SessionEnvironment
    ) {
        self.description = description
        let now = environment.time.now()
        parts = members.map { SessionPart(node: $0.node, incarnation: $0.incarnation, lastHeard: now) }
        indices = Dictionary(
            members.enumerated().map { (ObjectIdentifier($1.node), $0) }, uniquingKeysWith: { first, _ in first })
        flow = SessionFlow(nodes: members.count, partial: opening.partial)
        startMoment = StartMoment(delay: .milliseconds(opening.startInMs))
        openRequest = request
        hold = SessionHold(isDetached: description.detached)
        // A year and more is no length that anybody waits for.
        length = opening.lengthNs > 0 ? .nanoseconds(Int64(min(opening.lengthNs, 1 << 60))) : nil
        self.owner = owner
        self.environment = environment
    }

    /// When its nodes are to stop; nil for one that is told to end.
    final var intendedEnd: MonotonicRawInstant? { length.flatMap { startMoment.at?.advanced(by: $0) } }

    final var id: UInt64 { description.session }
    final var now: MonotonicRawInstant { environment.time.now() }

    /// The nodes that take part.
    final var members: some Collection<ObjectIdentifier> { indices.keys }

    final func index(of node: AnyObject) -> Int? { indices[ObjectIdentifier(node)] }

    /// Keeps the first problem: later ones follow from it.
    final func report(problem text: String) {
        if problem.isEmpty { problem = text }
    }

    final func replyToOpen(_ outcome: WireReply.OneOf_Outcome) {
        owner?.respond(to: openRequest, outcome)
    }

    // MARK: What a kind decides

    /// Begins: makes room for what will come, then prepares the nodes.
    func open(_ opening: WireOpenSession) { prepare(opening) }

    /// A node's reply to `Prepare`, as far as this kind can use it.
    func checkPrepared(_ reply: WireCommandReply, _ index: Int) -> Result<WirePrepared, WireRefusal> {
        reply.preparedResult
    }

    /// The first node has started, or the session is being stopped.
    func begin() {}

    /// Nodes record, or the session is being stopped: nothing competes with the start from now on.
    func release() {}

    /// The operator has been told that the session runs.
    func announced() {}

    /// Its operator is back on another connection, and asks for what it has not got.
    ///
    /// - Parameters:
    ///   - previous: the connection that held it so far, if that has not ended.
    ///   - read: bytes of log records, by node, that the operator has.
    ///   - request: to be replied to.
    func reclaimed(
        by link: any SessionOperator, from previous: (any SessionOperator)?, behind read: [UInt64], _ request: UInt64
    ) {}

    /// Its operator is not waited for any more.
    func unheld() {}

    /// Its description as a list of sessions has it.
    var listed: WireSessionDescription { description }

    /// Notes what moved its flow, for the next controller process.
    ///
    /// - Returns: when that is done; nil for a kind that no other process goes on with.
    func note(_ entries: [WireJournalEntry]) -> EventLoopFuture<Void>? { nil }

    /// Called about every second.
    func checkReaders(now: MonotonicRawInstant) {}

    /// Something happened to a node's part; its account knows.
    func noted(_ note: WireNodeNote, _ index: Int) {}

    /// The next numbered frame of a node.
    func receive(_ frame: Frame, _ batch: BatchHeader?, sequence: UInt64, _ index: Int, at now: MonotonicRawInstant)
        throws
    {}

    /// A node's watermarks, as they came.
    ///
    /// - Parameter watermark: what is in the frame.
    func receive(_ watermark: Watermark, _ frame: Frame, _ index: Int, at now: MonotonicRawInstant) {}

    /// A node's totals of an interval.
    ///
    /// - Parameter frame: its message is not decoded yet.
    func receiveCounts(_ frame: Frame, _ index: Int, at now: MonotonicRawInstant) throws {
        throw ProtocolError.unexpected(.counts, "of no count")
    }

    /// A node's clock was measured.
    func observe(_ sample: ClockSampleFrame, _ index: Int, at now: MonotonicRawInstant) {}

    /// What the session's numbers say at its end.
    func account() -> SessionAccount { SessionAccount(nodes: []) }

    /// Events that have come of a node, by CPU; nil for a kind that receives none.
    func receipt(of index: Int) -> WireSessionReceipt? { nil }

    /// What has come of a node, for a successor of its agent.
    func received(of index: Int) -> [WireCPUEvents] { [] }

    /// Nothing has started, and everything is taken down again.
    func aborted() {}

    /// Everything that has come is made as durable as the session asks for, and then counts in its account.
    func settle(_ then: @escaping () -> Void) { then() }

    /// All parts are complete or given up; `description` has the final state.
    func ended() {}
}
