import NIOConcurrencyHelpers
import NIOCore
import TraceProtocol

@testable import OperatorClient

/// A controller in this process: it replies to each request as a test says, and records what it was asked.
final class ScriptedController: ControllerConnection {
    typealias Script = @Sendable (WireRequest.OneOf_Verb, LogQueue) throws -> WireReply.OneOf_Outcome

    let queue: LogQueue
    let welcome: WireWelcome
    private let reply: Script
    /// What follows the reply to a request to attach.
    private let stream: [LogQueue.Item]
    /// The connection breaks behind that.
    private let breaks: Bool
    private let state = NIOLockedValueBox(State())

    private struct State {
        var verbs: [WireRequest.OneOf_Verb] = []
        var closes = 0
        var end: (any Error)?
        var onEnd: [@Sendable (any Error) -> Void] = []
    }

    /// - Parameters:
    ///   - queue: of a session that had another connection before.
    ///   - capabilities: those that both sides have.
    ///   - stream: what follows the reply to a request to attach.
    ///   - breaks: the connection breaks behind that.
    init(
        queue: LogQueue = LogQueue(), capabilities: [String] = [Negotiation.Capability.reclaim],
        stream: [LogQueue.Item] = [], breaks: Bool = false, reply: @escaping Script
    ) {
        self.queue = queue
        self.stream = stream
        self.breaks = breaks
        welcome = .with { $0.capabilities = capabilities }
        self.reply = reply
    }

    /// The names of the requests so far.
    var requests: [String] { state.withLockedValue { $0.verbs.map(Self.name(of:)) } }
    var closes: Int { state.withLockedValue { $0.closes } }
    /// The last request to attach.
    var attach: WireAttachSession? {
        state.withLockedValue { state in
            state.verbs.reversed().firstNonNil { if case .attachSession(let request) = $0 { request } else { nil } }
        }
    }

    func request(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome {
        state.withLockedValue { $0.verbs.append(verb) }
        let outcome = try reply(verb, queue)
        if case .attachSession = verb {
            for item in stream { queue.put(item) }
            if breaks { breakOff() }
        }
        return outcome
    }

    func post(_ verb: WireRequest.OneOf_Verb) {
        state.withLockedValue { $0.verbs.append(verb) }
        _ = try? reply(verb, queue)
    }

    func whenEnded(_ body: @escaping @Sendable (any Error) -> Void) {
        let end = state.withLockedValue { state in
            if state.end == nil { state.onEnd.append(body) }
            return state.end
        }
        if let end { body(end) }
    }

    func close() async {
        state.withLockedValue { $0.closes += 1 }
    }

    /// Queues what the controller would send.
    func send(_ items: LogQueue.Item...) {
        for item in items { queue.put(item) }
    }

    /// The connection breaks.
    func breakOff(_ error: any Error = ClientError.closed) {
        let bodies = state.withLockedValue { state in
            state.end = error
            defer { state.onEnd = [] }
            return state.onEnd
        }
        for body in bodies { body(error) }
    }

    private static func name(of verb: WireRequest.OneOf_Verb) -> String {
        switch verb {
        case .openSession: "open"
        case .stopSession: "stop"
        case .attachSession: "attach"
        case .listNodes: "nodes"
        case .listSessions: "sessions"
        default: "other"
        }
    }

    // MARK: Ready-made

    /// Opens session 7 on these nodes.
    ///
    /// - Parameters:
    ///   - refusing: those of the nodes that refuse.
    ///   - started: whether the session runs; by default when some node can.
    ///   - endsWhenStopped: false for nodes that hang.
    static func opening(
        _ nodes: [String] = ["a", "b"], refusing: Set<String> = [], started: Bool? = nil, endsWhenStopped: Bool = true,
        queue: LogQueue = LogQueue(), capabilities: [String] = [Negotiation.Capability.reclaim],
        stream: [LogQueue.Item] = [], breaks: Bool = false
    ) -> ScriptedController {
        ScriptedController(queue: queue, capabilities: capabilities, stream: stream, breaks: breaks) { verb, queue in
            switch verb {
            case .openSession:
                var opened = WireSessionOpened()
                opened.session = 7
                opened.sessionDescription.nodes = nodes
                opened.started = started ?? (refusing.count < nodes.count)
                opened.replies = nodes.map { name in
                    var reply = WireNodeReply()
                    reply.node = name
                    if refusing.contains(name) {
                        reply.refusal = WireRefusal(.unknownEvent, "no event \"sched:x\"")
                    } else {
                        reply.prepared = WirePrepared()
                    }
                    return reply
                }
                return .opened(opened)
            case .attachSession(let request):
                var description = WireSessionDescription()
                description.session = request.session == 0 ? 9 : request.session
                description.name = request.name
                description.nodes = nodes
                return .attached(description)
            case .stopSession(let request):
                if endsWhenStopped { _ = queue.put(.end(problem: "")) {} }
                var stopped = WireSessionStopped()
                stopped.session = request.session
                return .stopped(stopped)
            default: return .refusal(WireRefusal(.noPermission, "vera has the role viewer; this needs tracer"))
            }
        }
    }
}

extension Sequence {
    fileprivate func firstNonNil<Value>(_ body: (Element) -> Value?) -> Value? {
        lazy.compactMap(body).first
    }
}
