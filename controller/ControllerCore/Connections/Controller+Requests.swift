import Logging
import SecureTransport
import TraceProtocol

/// What operators ask for.
extension Controller {
    func receive(_ frame: Frame, from link: OperatorLink) throws {
        switch frame.type {
        case .request:
            let now = time.now()
            try charge(link) { account throws(OverBudget) in try account.request(now: now) }
            let request: WireRequest = try frame.message()
            link.began(request)
            link.requestsUnderWay += 1
            guard link.requestsUnderWay <= budget.operator.requestsUnderWay else {
                return link.refuse(
                    request.request,
                    WireRefusal(.overBudget, "as many requests of this connection as may be have no reply yet"))
            }
            do throws(WireRefusal) {
                try perform(request, from: link)
            } catch {
                link.refuse(request.request, error)
            }
        case .ping:
            try chargePing(link)
            link.send(Frame(.pong, frame.body))
        case .pong: try chargePing(link)
        case .goodbye:
            // One belongs to each connection: a script that asks ten times a second has done nothing wrong.
            if link.isLeaving { try chargePing(link) }
            link.isLeaving = true
        default:
            if frame.type.isKnown { throw ProtocolError.unexpected(frame.type, "from an operator") }
            let now = time.now()
            try charge(link) { account throws(OverBudget) in try account.unknown(now: now) }
        }
    }

    private func chargePing(_ link: OperatorLink) throws {
        let (now, connections) = (time.now(), connections(of: link))
        try charge(link) { account throws(OverBudget) in try account.ping(connections: connections, now: now) }
    }

    private func perform(_ request: WireRequest, from link: OperatorLink) throws(WireRefusal) {
        switch request.verb {
        case .listNodes: link.respond(to: request.request, .nodes(nodeList()))
        case .listSessions: link.respond(to: request.request, .sessions(sessionList(for: link)))
        case .openSession(let message):
            try require(.tracer, "start sessions", link)
            try openSession(message, request: request.request, from: link)
        case .stopSession(let message):
            try require(.tracer, "stop sessions", link)
            try stopSession(message, request: request.request, from: link)
        case .attachSession(let message): try attachSession(message, request: request.request, from: link)
        case .listOnNodes(let message): try list(message, request: request.request, for: link)
        case .checkProbes(let message):
            try require(.tracer, "check probes, which plants them for a moment", link)
            try checkProbes(message, request: request.request, from: link)
        case .describeNode(let message): try describe(message, request: request.request, from: link)
        // A newer operator's request.
        case nil: throw WireRefusal(.unsupported, "this controller does not know that request")
        }
    }

    func require(_ role: OperatorRole, _ what: String, _ link: OperatorLink) throws(WireRefusal) {
        guard !link.may(role) else { return }
        throw WireRefusal(.noPermission, "operator \(link.name) may not \(what): that needs the role \(role)")
    }

    /// - Parameter reason: why readers of its sessions do not get all that they asked for, if that is known.
    func disconnected(_ link: OperatorLink, because reason: String? = nil) {
        guard operators.removeValue(forKey: ObjectIdentifier(link)) != nil else { return }
        trim.released(at: time.now())
        link.closed()
        if isHandingOver { return }
        let inOrder = reason != nil || link.isLeaving || !link.reclaims
        for session in Array(sessions.values) where session.owner === link {
            log.notice(
                inOrder ? "its operator is gone: the session stops" : "its operator is gone and may come back",
                metadata: ["session": "\(session.id.sessionText)", "reason": "\(reason ?? "connection lost")"])
            if let reason { session.report(problem: reason) }
            session.ownerLeft(inOrder: inOrder)
        }
        excludedProcessesChanged()
    }
}
