import Logging
import RecentLog
import SystemFacts
import TraceProtocol

/// Opens, stops and attaches to sessions for operators: finds the session, which does the rest.
extension Controller {
    func openSession(_ opening: WireOpenSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(opening.selectors)
        try check(opening)
        if opening.detach {
            try SessionLookup(visible: visible(to: link)).check(nameOfDetached: opening.name)
        }
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
        guard
            !opening.events.isEmpty || !opening.probes.isEmpty || !opening.count.counters.isEmpty
                || opening.hasFunctionTrace
        else { throw WireRefusal(.unspecified, "no event was asked for") }
        if opening.hasFunctionTrace, let problem = opening.functionTraceProblem {
            throw WireRefusal(.unspecified, problem)
        }
        if opening.detach, opening.hasCount {
            throw WireRefusal(.unsupported, "a count cannot be detached: its numbers go to its own operator only")
        }
        if case .UNRECOGNIZED = opening.clockSource {
            throw WireRefusal(.unsupported, "this controller does not know the trace clock")
        }
        if opening.hasCount, let problem = opening.count.problem { throw WireRefusal(.unspecified, problem) }
        if let problem = ProbeLimits.problem(opening.probes.count) { throw WireRefusal(.unspecified, problem) }
    }

    private func description(
        of opening: WireOpenSession, on nodes: [Node], operator: String
    ) -> WireSessionDescription {
        var description = WireSessionDescription()
        description.session = max(1, random.next())
        description.name = opening.name
        description.operator = `operator`
        let origin = time.origin
        description.epochOffset = origin.nanoseconds
        description.created = origin.timeOfDay(at: time.now()).nanoseconds
        switch time.utcDistance() {
        case .atMost(let distance): description.utcErrorNs = UInt64(max(1, distance.wholeNanoseconds))
        case .unknown: description.utcUnknown = true
        }
        description.events = opening.events + opening.count.counters
        description.filters = opening.filters
        description.probes = opening.probes
        description.nodes = nodes.map(\.name)
        description.controller = name
        description.state = "recording"
        description.keep = opening.keep || opening.detach
        description.detached = opening.detach
        description.private = opening.private
        description.leaseSeconds = opening.leaseSeconds
        description.unattended = opening.unattended
        description.onFull = opening.onFull
        description.clockSource = opening.clockSource
        if opening.hasFunctionTrace { description.functionTrace = opening.functionTrace }
        return description
    }

    var sessionEnvironment: SessionEnvironment {
        SessionEnvironment(
            loop: loop.assumeIsolated(), time: time, log: log, budget: budget.session, lease: lease,
            bootID: host.bootID,
            excludedProcesses: { [self] in assumeIsolated { $0.excludedProcesses() } },
            releasedMemory: { [self] in assumeIsolated { $0.trim.released(at: $0.time.now()) } },
            forget: { [self] id, stored in assumeIsolated { $0.forget(id, stored) } })
    }

    private func forget(_ id: UInt64, _ kept: WireSessionDescription?) {
        trim.released(at: time.now())
        guard let session = sessions.removeValue(forKey: id) else { return }
        for part in session.parts { (part.node as? Node)?.sessionCount -= 1 }
        if let kept {
            stored.add(kept)
            applyRetention()
        }
    }

    func stopSession(_ message: WireStopSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let found = try SessionLookup(visible: running(for: link)).find(message.session, message.name, "running")
        sessions[found.session]?.stop()
        var stopped = WireSessionStopped()
        stopped.session = found.session
        link.respond(to: request, .stopped(stopped))
    }

    /// Running sessions first, the oldest of each first.
    func sessionList(for link: OperatorLink) -> WireSessionList {
        let kept = stored.listed { link.sees($0) }
        return .with {
            $0.sessions = (running(for: link) + kept).sorted { one, other in
                (one.ended == 0 ? 0 : 1, one.created) < (other.ended == 0 ? 0 : 1, other.created)
            }
        }
    }

    /// Sessions that run and sessions that are stored.
    func visible(to link: OperatorLink) -> [WireSessionDescription] {
        running(for: link) + stored.all.values.filter { link.sees($0) }
    }

    /// The sessions of somebody else that are private do not exist for a link.
    func running(for link: OperatorLink) -> [WireSessionDescription] {
        sessions.values.filter { link.sees($0.description) }.map(\.listed)
    }
}

extension WireSessionDescription {
    fileprivate func logMetadata(_ opening: WireOpenSession) -> Logger.Metadata {
        [
            "session": "\(session.sessionText)", "operator": "\(self.operator)", "nodes": .texts(nodes),
            "events": .texts(events), "counts": "\(opening.hasCount)",
            "probes": .texts(opening.probes), "filters": .texts(opening.filters.map(\.text)),
            "triggers": .texts(opening.triggers.map(\.text)),
            "functions": .texts(functionTrace.functions + functionTrace.graph),
        ]
    }
}
