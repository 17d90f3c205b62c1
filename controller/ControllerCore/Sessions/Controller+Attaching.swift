import TraceProtocol

/// Operators who read sessions: those that run, and those that are stored.
extension Controller {
    func attachSession(_ message: WireAttachSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let lookup = SessionLookup(visible: visible(to: link))
        let found = try lookup.find(message.session, message.name, "running or stored")
        try checkAttachments(link, nodes: found.nodes.count)
        if message.reclaim, let session = sessions[found.session] {
            try checkReclaim(session, by: link)
            return session.reclaim(by: link, behind: message.read, request)
        }
        let session = try readable(found)
        session.attach(link, behind: message.read) { result in
            link.respond(to: request, result.attached(to: session.description))
        }
    }

    private func checkReclaim(_ session: Session, by link: OperatorLink) throws(WireRefusal) {
        try require(.tracer, "take sessions back", link)
        guard session.description.operator == link.name else {
            throw WireRefusal(
                .noPermission,
                "session \(session.id.sessionText) is operator \(session.description.operator)'s, who alone takes it back "
                    + "(fleetrace attach reads it)")
        }
    }

    private func readable(_ found: WireSessionDescription) throws(WireRefusal) -> any ReadableSession {
        if let session = sessions[found.session] {
            guard let session = session as? any ReadableSession else {
                throw WireRefusal(
                    .unsupported, "\(found.session.sessionText) is a count: only its own operator reads it")
            }
            return session
        }
        if let reading = storedReadings[found.session] { return reading }
        let reading = StoredSession(found, storage: storage, environment: sessionEnvironment) { [self] id in
            assumeIsolated { $0.storedReadings[id] = nil }
        }
        storedReadings[found.session] = reading
        return reading
    }
}
