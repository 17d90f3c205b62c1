import NIOCore
import SecureTransport
import SessionStore
import TraceProtocol

/// What operators ask for.
extension Controller {
    private static let chunkSize = 256 << 10

    func received(_ frame: Frame, from link: OperatorLink) throws {
        switch frame.type {
        case .request:
            let request: WireRequest = try frame.message()
            do throws(WireRefusal) {
                try perform(request, from: link)
            } catch {
                link.refuse(request.request, error)
            }
        case .ping: link.send(Frame(.pong, frame.body))
        default:
            if frame.type.isKnown, frame.type != .pong, frame.type != .goodbye {
                throw ProtocolError.unexpected(frame.type, "from an operator")
            }
        }
    }

    private func perform(_ request: WireRequest, from link: OperatorLink) throws(WireRefusal) {
        switch request.verb {
        case .listNodes: link.respond(to: request.request, .nodes(nodeList()))
        case .listSessions:
            var list = WireSessionList()
            list.sessions = sessions.values.map(\.description).sorted { $0.created < $1.created }
            link.respond(to: request.request, .sessions(list))
        case .openSession(let order):
            try require(.tracer, "start sessions", link)
            try open(order, request: request.request, from: link)
        case .stopSession(let order):
            try require(.tracer, "stop sessions", link)
            let session = try session(order.session)
            log.notice("stop", metadata: ["session": "\(hex(session.id))", "operator": "\(link.name)"])
            stop(session)
            var stopped = WireSessionStopped()
            stopped.session = order.session
            link.respond(to: request.request, .stopped(stopped))
        case .attachSession(let order):
            let session = try session(order.session)
            guard session.counts == nil else {
                throw WireRefusal(.unsupported, "\(hex(session.id)) is a count: only its own operator reads it")
            }
            link.respond(to: request.request, .attached(session.description))
            attach(link, to: session)
        case .listOnNodes(let order): try list(order, request: request.request, for: link)
        case .checkProbes(let order):
            try require(.tracer, "check probes, which plants them for a moment", link)
            try checkProbes(order, request: request.request, from: link)
        case .describeNode(let order): try describe(order, request: request.request, from: link)
        // A newer operator's request.
        case nil: throw WireRefusal(.unsupported, "this controller does not know that request")
        }
    }

    func require(_ role: OperatorRole, _ what: String, _ link: OperatorLink) throws(WireRefusal) {
        guard !link.may(role) else { return }
        throw WireRefusal(.noPermission, "operator \(link.name) may not \(what): that needs the role \(role)")
    }

    private func session(_ id: UInt64) throws(WireRefusal) -> LiveSession {
        guard let session = sessions[id] else {
            throw WireRefusal(.noSuchSession, "no session \(hex(id)) is running")
        }
        return session
    }

    private func nodeList() -> WireNodeList {
        let now = now()
        var list = WireNodeList()
        list.nodes = nodes.values.sorted { $0.name < $1.name }.map { node in
            let count = sessions.values.count { session in
                session.index(of: node).map(session.flow.isLive) ?? false
            }
            return node.status(now: now, sessions: count)
        }
        return list
    }

    // MARK: Attachments

    func attach(_ link: OperatorLink, to session: LiveSession) {
        lastAttachment += 1
        let attachment = Attachment(id: lastAttachment, link: link, session: session)
        link.attachments.append(attachment)
        session.attachments.append(attachment)
        store.openTails(attachment.id, session: session.id).hop(to: loop).assumeIsolated().whenComplete { [self] _ in
            assumeIsolated { $0.pump(attachment) }
        }
    }

    func pump(_ link: OperatorLink) {
        for attachment in link.attachments { pump(attachment) }
        for session in sessions.values where session.counts != nil && session.owner === link { sendReport(session) }
    }

    /// Sends the next piece of the logs when the operator can take it. A slow operator falls behind on disk, not in
    /// memory, and holds nobody up.
    func pump(_ attachment: Attachment) {
        guard !attachment.isReading, !attachment.isEnded, attachment.link.channel.isWritable else { return }
        let session = attachment.session
        guard let node = attachment.nodeToRead() else {
            if session.isStored { end(attachment) }
            return
        }
        attachment.isReading = true
        let limit = session.parts[node].position
        let read = store.read(attachment.id, node: node, upTo: limit, size: Self.chunkSize)
        read.hop(to: loop).assumeIsolated().whenComplete { [self] result in
            attachment.isReading = false
            assumeIsolated { controller in
                switch result {
                case .success(.records(let records, let next)):
                    attachment.next[node] = next
                    attachment.link.send(LogChunk(session: session.id, node: UInt32(node), records: records).frame())
                case .success(.nothing(let position)):
                    attachment.next[node] = max(position, limit)
                case .failure(let error):
                    if session.problem.isEmpty { session.problem = "\(error)" }
                    return controller.end(attachment)
                }
                controller.pump(attachment)
            }
        }
    }

    func end(_ attachment: Attachment) {
        var end = WireStreamEnd()
        end.session = attachment.session.id
        end.problem = attachment.session.problem
        if let frame = try? Frame(.streamEnd, end) { attachment.link.send(frame) }
        detach(attachment)
    }

    private func detach(_ attachment: Attachment) {
        guard !attachment.isEnded else { return }
        attachment.isEnded = true
        store.closeTails(attachment.id)
        attachment.link.attachments.removeAll { $0 === attachment }
        attachment.session.attachments.removeAll { $0 === attachment }
        closeIfUnused(attachment.session)
    }

    func disconnected(_ link: OperatorLink) {
        operators[ObjectIdentifier(link)] = nil
        for attachment in link.attachments { detach(attachment) }
        for session in Array(sessions.values) where session.owner === link {
            log.notice("its operator is gone: the session stops", metadata: ["session": "\(hex(session.id))"])
            stop(session)
        }
        excludedProcessesChanged()
    }
}
