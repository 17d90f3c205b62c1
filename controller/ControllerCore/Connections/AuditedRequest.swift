import TraceProtocol

/// What an audit line says of an operator's request.
struct AuditedRequest {
    /// One line.
    let text: String
    /// Whether it is to change something on a node or to a session.
    let changes: Bool

    init(_ request: WireRequest) {
        switch request.verb {
        case .listNodes: self.init("list nodes")
        case .listSessions: self.init("list sessions")
        case .openSession(let it): self.init(it.auditText, changes: true)
        case .stopSession(let it): self.init("stop session \(Self.session(it.session, it.name))", changes: true)
        case .attachSession(let it):
            self.init((it.reclaim ? "take back session " : "attach to session ") + Self.session(it.session, it.name))
        case .listOnNodes(let it): self.init("list \(it.what.auditText) on \(Self.nodes(it.selectors))")
        case .checkProbes(let it):
            self.init("check probes \(it.probes) on \(Self.nodes(it.selectors))", changes: true)
        case .describeNode(let it): self.init("describe node \(it.node)")
        case nil: self.init("a request that is not known here")
        }
    }

    private init(_ text: String, changes: Bool = false) {
        self.text = text
        self.changes = changes
    }

    private static func session(_ id: UInt64, _ name: String) -> String { id == 0 ? name : id.sessionText }

    fileprivate static func nodes(_ selectors: [String]) -> String {
        selectors.isEmpty ? "all" : selectors.joined(separator: " ")
    }
}

extension WireOpenSession {
    fileprivate var auditText: String {
        (hasCount ? "count " : "trace ") + WirePrepare(self, operator: "").auditText
            + " on \(AuditedRequest.nodes(selectors))" + (self.private ? ", private" : "")
            + (detach ? ", detached" : "")
    }
}

extension WireReply.OneOf_Outcome {
    /// What an audit line says of the result.
    var auditText: String {
        switch self {
        case .refusal(let refusal): "refused: \(refusal.text)"
        case .opened(let it):
            "session \(it.session.sessionText) "
                + (it.started
                    ? "started on \(it.replies.count { $0.started }) of \(it.replies.count) nodes"
                    : "not started: " + (it.refusalText))
        case .nodeReport(let it) where it.hasRefusal: "node refused: \(it.refusal.text)"
        default: "done"
        }
    }
}

extension WireSessionOpened {
    /// The first node's reason.
    fileprivate var refusalText: String {
        for reply in replies { if case .refusal(let refusal) = reply.outcome { return refusal.text } }
        return "no reason"
    }
}
