import SystemFacts
import TraceProtocol

/// Which nodes are asked in which order, and what follows from their replies. No I/O, no time: the deadline comes as a
/// call.
protocol NodeSurvey {
    associatedtype Reply

    /// Nothing more is expected.
    var isDone: Bool { get }

    /// The first requests.
    mutating func begin() -> [NodeRequest]
    /// A node has replied, or cannot.
    ///
    /// - Returns: what to send now.
    mutating func replied(_ node: String, _ outcome: Result<Reply, WireRefusal>) -> [NodeRequest]
    /// Some time has passed without all replies.
    ///
    /// - Returns: what to send now.
    mutating func grewLate() -> [NodeRequest]
    /// No more replies are waited for.
    mutating func deadline()
}

extension NodeSurvey {
    mutating func grewLate() -> [NodeRequest] { [] }
}

/// A request that has to be sent to a node now.
public struct NodeRequest: Sendable, Equatable {
    public var node: String
    /// Digests of lists that need not be sent; empty where lists are not what is asked for.
    public var known: [[UInt8]]

    public init(node: String, known: [[UInt8]] = []) {
        self.node = node
        self.known = known
    }
}

/// One operator's request to nodes: sent to them, collected until no reply is missing or the time is over, and finished
/// exactly once. Confined to the controller's loop.
final class NodeQuery<Survey: NodeSurvey> {
    private var survey: Survey
    private let `operator`: String
    private let askedBy: String
    private let command: (NodeRequest) -> WireCommand.OneOf_Action
    private let read: (WireCommandReply, NodeRequest) -> Result<Survey.Reply, WireRefusal>
    private let finish: (Survey) -> Void
    private var isFinished = false
    private var isLimited = false
    private var after: ((Duration, @escaping () -> Void) -> Void)?

    /// How long the operator waits for busy nodes when another has replied: at least so long, or twice as long as that one
    /// took.
    private static var busyPatience: Duration { .seconds(10) }
    /// Since the requests were sent.
    private var elapsed: () -> Duration = { .zero }

    /// - Parameters:
    ///   - operator: who asks.
    ///   - askedBy: whose request it is, for the agents' audit lines.
    ///   - command: what is sent to a node.
    ///   - read: the content of a node's reply.
    ///   - finish: called once, with all replies.
    init(
        _ survey: Survey, for operator: String, askedBy: String = "",
        command: @escaping (NodeRequest) -> WireCommand.OneOf_Action,
        read: @escaping (WireCommandReply, NodeRequest) -> Result<Survey.Reply, WireRefusal>,
        finish: @escaping (Survey) -> Void
    ) {
        self.survey = survey
        self.operator = `operator`
        self.askedBy = askedBy
        self.command = command
        self.read = read
        self.finish = finish
    }

    /// Sends the requests.
    ///
    /// - Parameters:
    ///   - nodes: by name, while they are connected.
    ///   - timeout: how long a node may be busy. One that is mute is refused earlier, by its `CommandPatience`.
    ///   - now: the controller's time.
    ///   - after: calls back after a time.
    func run(
        _ nodes: @escaping (String) -> NodeLink?, timeout: Duration, now: @escaping () -> MonotonicRawInstant,
        after: @escaping (Duration, @escaping () -> Void) -> Void
    ) {
        self.after = after
        let began = now()
        elapsed = { began.duration(to: now()) }
        ask(survey.begin(), nodes)
        guard !isFinished else { return }
        after(CommandPatience.silence) { [self] in
            if !isFinished { ask(survey.grewLate(), nodes) }
        }
        limit(timeout)
    }

    private func limit(_ time: Duration) {
        after?(time) { [self] in
            guard !isFinished else { return }
            survey.deadline()
            finishIfDone()
        }
    }

    private func ask(_ requests: [NodeRequest], _ nodes: @escaping (String) -> NodeLink?) {
        for request in requests {
            guard let link = nodes(request.node) else {
                replied(request, .failure(WireRefusal(.nodeLost, "the connection was lost")), nodes)
                continue
            }
            link.inquire(command(request), for: `operator`, askedBy: askedBy) { [self] reply in
                replied(request, read(reply, request), nodes)
            }
        }
        finishIfDone()
    }

    private func replied(
        _ request: NodeRequest, _ outcome: Result<Survey.Reply, WireRefusal>,
        _ nodes: @escaping (String) -> NodeLink?
    ) {
        ask(survey.replied(request.node, outcome), nodes)
        guard !isFinished, !isLimited, case .success = outcome else { return }
        isLimited = true
        limit(max(Self.busyPatience, elapsed() * 2))
    }

    private func finishIfDone() {
        guard survey.isDone, !isFinished else { return }
        isFinished = true
        finish(survey)
    }
}

extension WireCommandReply {
    /// What a node was asked for, or why there is none.
    ///
    /// - Parameter pick: takes it out of a reply of the right kind; nil for another kind.
    func result<T>(_ pick: (OneOf_Outcome) -> T?) -> Result<T, WireRefusal> {
        if case .refusal(let refusal) = outcome { return .failure(refusal) }
        guard let found = outcome.flatMap(pick) else {
            return .failure(WireRefusal(.unsupported, "the node's reply is of a kind that is not known here"))
        }
        return .success(found)
    }
}
