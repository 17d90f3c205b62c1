import Logging
import RecentLog
import SystemFacts
import TraceProtocol

/// Opens, stops and attaches to sessions for operators: finds the session, which does the rest.
extension Controller {
    func openSession(_ opening: WireOpenSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(opening.selectors)
        try check(opening)
        try checkSessions(link, nodes: chosen.count)
        let description = description(of: opening, on: chosen, operator: link.name)
        if !description.private { log.notice("session", metadata: description.logMetadata(opening)) }
        privateSessions.add(description)
        let members: [(node: any SessionNode, incarnation: String)] = chosen.map { ($0, $0.hello.incarnation) }
        let session: Session =
            if opening.hasCount {
                CountedSession(
                    description, opening: opening, request: request, owner: link, members: members,
                    environment: sessionEnvironment)
            } else {
                TracedSession(
                    description, opening: opening, request: request, owner: link, members: members, storage: storage,
                    environment: sessionEnvironment)
            }
        sessions[description.session] = session
        for node in chosen { node.sessionCount += 1 }
        session.open(opening)
    }

    private func check(_ opening: WireOpenSession) throws(WireRefusal) {
        guard .milliseconds(opening.startInMs) <= StartMoment.longestDelay else {
            let seconds = StartMoment.longestDelay.components.seconds
            throw WireRefusal(.unspecified, "a start can be at most \(seconds) s ahead")
        }
        guard !opening.events.isEmpty || !opening.probes.isEmpty || !opening.count.counters.isEmpty else {
            throw WireRefusal(.unspecified, "no event was asked for")
        }
        if opening.hasCount, let problem = opening.count.problem { throw WireRefusal(.unspecified, problem) }
        if let problem = ProbeLimits.problem(opening.probes.count) { throw WireRefusal(.unspecified, problem) }
    }

    private func description(
        of opening: WireOpenSession, on nodes: [Node], operator: String
    ) -> WireSessionDescription {
        var description = WireSessionDescription()
        description.session = UInt64.random(in: 1 ... .max)
        description.name = opening.name
        description.operator = `operator`
        let origin = time.origin
        description.epochOffset = origin.nanoseconds
        description.created = origin.timeOfDay(at: time.now()).nanoseconds
        description.events = opening.events + opening.count.counters
        description.filters = opening.filters
        description.probes = opening.probes
        description.nodes = nodes.map(\.name)
        description.controller = name
        description.state = "recording"
        description.keep = opening.keep
        description.private = opening.private
        return description
    }

    private var sessionEnvironment: SessionEnvironment {
        SessionEnvironment(
            loop: loop.assumeIsolated(), time: time, log: log, budget: budget.session,
            excludedProcesses: { [self] in assumeIsolated { $0.excludedProcesses() } },
            releasedMemory: { [self] in assumeIsolated { $0.trim.released(at: $0.time.now()) } },
            forget: { [self] id in assumeIsolated { $0.forget(id) } })
    }

    private func forget(_ id: UInt64) {
        trim.released(at: time.now())
        guard let session = sessions.removeValue(forKey: id) else { return }
        for part in session.parts { (part.node as? Node)?.sessionCount -= 1 }
    }

    func stopSession(_ id: UInt64, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let session = try session(id, for: link)
        session.stop()
        var stopped = WireSessionStopped()
        stopped.session = id
        link.respond(to: request, .stopped(stopped))
    }

    func attachSession(_ id: UInt64, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        guard let session = try session(id, for: link) as? TracedSession else {
            throw WireRefusal(.unsupported, "\(id.sessionText) is a count: only its own operator reads it")
        }
        try checkAttachments(link, nodes: session.parts.count)
        link.respond(to: request, .attached(session.description))
        session.attach(link)
    }

    func sessionList(for link: OperatorLink) -> WireSessionList {
        let seen = sessions.values.map(\.description).filter { link.sees($0) }
        return .with { $0.sessions = seen.sorted { $0.created < $1.created } }
    }

    /// A private session of somebody else is refused like one that does not exist.
    private func session(_ id: UInt64, for link: OperatorLink) throws(WireRefusal) -> Session {
        guard let session = sessions[id], link.sees(session.description) else {
            throw WireRefusal(.noSuchSession, "no session \(id.sessionText) is running")
        }
        return session
    }
}

extension WireSessionDescription {
    fileprivate func logMetadata(_ opening: WireOpenSession) -> Logger.Metadata {
        [
            "session": "\(session.sessionText)", "operator": "\(self.operator)", "nodes": .texts(nodes),
            "events": .texts(events), "counts": "\(opening.hasCount)",
            "probes": .texts(opening.probes), "filters": .texts(opening.filters.map(\.text)),
            "triggers": .texts(opening.triggers.map(\.text)),
        ]
    }
}
