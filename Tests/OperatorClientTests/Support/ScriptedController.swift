import NIOConcurrencyHelpers
import NIOCore
import TraceProtocol

@testable import OperatorClient

/// A controller in this process: it replies to each request as a test says, and records what it was asked.
final class ScriptedController: ControllerConnection {
    let queue = LogQueue()
    private let reply: @Sendable (WireRequest.OneOf_Verb, LogQueue) throws -> WireReply.OneOf_Outcome
    private let state = NIOLockedValueBox((requests: [String](), closes: 0))

    init(reply: @escaping @Sendable (WireRequest.OneOf_Verb, LogQueue) throws -> WireReply.OneOf_Outcome) {
        self.reply = reply
    }

    /// The names of the requests so far.
    var requests: [String] { state.withLockedValue { $0.requests } }
    var closes: Int { state.withLockedValue { $0.closes } }

    func request(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome {
        state.withLockedValue { $0.requests.append(Self.name(of: verb)) }
        return try reply(verb, queue)
    }

    func post(_ verb: WireRequest.OneOf_Verb) {
        state.withLockedValue { $0.requests.append(Self.name(of: verb)) }
        _ = try? reply(verb, queue)
    }

    func close() async {
        state.withLockedValue { $0.closes += 1 }
    }

    /// Queues what the controller would send.
    func send(_ items: LogQueue.Item...) {
        for item in items { _ = queue.put(item) {} }
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
        _ nodes: [String] = ["a", "b"], refusing: Set<String> = [], started: Bool? = nil, endsWhenStopped: Bool = true
    ) -> ScriptedController {
        ScriptedController { verb, queue in
            switch verb {
            case .openSession:
                var opened = WireSessionOpened()
                opened.session = 7
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
                description.session = request.session
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
