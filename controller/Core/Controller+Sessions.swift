import NIOCore
import SessionStore
import TraceProtocol
import Tracefs

/// Sessions: opening, starting, stopping, and the deadlines of each.
extension Controller {
    private static let prepareTimeout = TimeAmount.seconds(30)
    /// A node waits for the start on its control thread; ms.
    private static let longestDelay: UInt32 = 60_000
    private static let startTimeout = TimeAmount.seconds(10)
    /// How far ahead a start is set, so that the slowest link hears of it in time; ns.
    private static let startLead: Int64 = 50_000_000
    /// How long a stopping session waits for a node that is silent, is gone, or sends on; ns. An agent that holds
    /// events tries to connect every 3 s at least.
    private static let silentLimit: Int64 = 15_000_000_000
    private static let longestDrain: Int64 = 600_000_000_000
    private static let goneLimit: Int64 = 6_000_000_000

    /// Added to CLOCK_MONOTONIC_RAW gives ns since the epoch.
    nonisolated var epochOffset: Int64 { WallClock.now() &- now() }

    // MARK: Opening

    func open(_ order: WireOpenSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(order.selectors)
        guard order.startInMs <= Self.longestDelay else {
            throw WireRefusal(.unspecified, "a start can be at most \(Self.longestDelay / 1_000) s ahead")
        }
        guard !order.events.isEmpty else { throw WireRefusal(.unspecified, "no event was asked for") }
        let id = UInt64.random(in: 1 ... .max)
        var description = WireSessionDescription()
        description.session = id
        description.name = order.name
        description.operator = link.name
        description.epochOffset = epochOffset
        description.created = now() + description.epochOffset
        description.events = order.events
        description.filters = order.filters
        description.nodes = chosen.map(\.name)
        description.controller = name
        description.state = "recording"
        description.keep = order.keep
        let session = LiveSession(
            description: description,
            parts: chosen.map { .init(node: $0.name, incarnation: $0.hello.incarnation, lastHeard: now()) },
            partial: order.partial, owner: link, openRequest: request, startDelay: Int64(order.startInMs) * 1_000_000)
        sessions[id] = session
        log.notice(
            "session",
            metadata: [
                "session": "\(hex(id))", "operator": "\(link.name)", "nodes": "\(description.nodes)",
                "events": "\(order.events)",
            ])
        store.open(description, at: directory.appending(hex(id))).hop(to: loop).assumeIsolated().whenComplete {
            result in
            self.assumeIsolated { controller in
                if case .failure(let error) = result {
                    controller.sessions[id] = nil
                    return link.refuse(request, WireRefusal(.io, "the controller cannot store the session: \(error)"))
                }
                // The operator may be gone, and the session with it, before its directory was there.
                guard session.flow.phase == .preparing else { return }
                controller.prepare(session, order, link)
            }
        }
    }

    private func chosenNodes(_ texts: [String]) throws(WireRefusal) -> [Node] {
        var selectors: [Selector] = []
        for text in texts.isEmpty ? ["all"] : texts {
            guard let selector = Selector(text) else {
                throw WireRefusal(.unspecified, "\"\(text)\" is no selector (all, a name or pattern, or label=value)")
            }
            selectors.append(selector)
        }
        let connected = nodes.values.filter { $0.link != nil }
        let chosen = connected.filter { node in
            selectors.contains { $0.matches(name: node.name, labels: node.hello.labels) }
        }
        guard !chosen.isEmpty else {
            let names = connected.map(\.name).sorted().prefix(10).joined(separator: ", ")
            throw WireRefusal(
                .unspecified,
                connected.isEmpty
                    ? "no node is connected to the controller"
                    : "no connected node matches \(texts.joined(separator: " ")) (connected: \(names)\(connected.count > 10 ? ", ..." : ""))"
            )
        }
        return chosen.sorted { $0.name < $1.name }
    }

    private func prepare(_ session: LiveSession, _ order: WireOpenSession, _ link: OperatorLink) {
        for (index, part) in session.parts.enumerated() {
            guard let node = nodes[part.node], let nodeLink = node.link else {
                perform(session.flow.giveUp(index, "the connection was lost"), session)
                continue
            }
            note(.joined, "", session, index)
            for knot in node.recentKnots { append(knot.frame(), session, index, sequence: 0, now: now()) }
            var prepare = WirePrepare()
            prepare.events = order.events
            prepare.filters = order.filters
            prepare.triggers = order.triggers
            prepare.bufferKilobytes = order.bufferKilobytes
            prepare.operator = link.name
            prepare.companions = companions(of: node)
            command(.prepare(prepare), session: session.id, on: nodeLink) { [self] answer in
                assumeIsolated { $0.perform(session.flow.prepared(index, answer.preparedResult), session) }
            }
        }
        loop.assumeIsolated().scheduleTask(in: Self.prepareTimeout) { [self] in
            assumeIsolated { $0.perform(session.flow.prepareDeadline(), session) }
        }
    }

    private func start(_ session: LiveSession, nodes indices: [Int]) {
        let moment = now() + max(Self.startLead, session.startDelay)
        for index in indices {
            let name = session.parts[index].node
            guard let node = nodes[name], let link = node.link else {
                perform(session.flow.giveUp(index, "the connection was lost"), session)
                continue
            }
            var order = WireStart()
            order.at = node.agentTime(at: moment) ?? 0
            command(.start(order), session: session.id, on: link) { [self] answer in
                assumeIsolated { $0.started(session, index, answer) }
            }
        }
        let timeout = Self.startTimeout + .nanoseconds(session.startDelay)
        loop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            assumeIsolated { $0.perform(session.flow.startDeadline(), session) }
        }
    }

    private func started(_ session: LiveSession, _ index: Int, _ answer: WireAnswer) {
        let result = answer.startedResult
        if case .success(let started) = result, let node = nodes[session.parts[index].node] {
            let mapped = node.clock.map(started.after)
            session.parts[index].answer.started = true
            session.parts[index].answer.missedStart = started.missed
            session.parts[index].answer.startedAt = mapped.estimate
            session.parts[index].answer.startedBound = mapped.plusMinus ?? -1
            note(.started, "", session, index, started: started)
        }
        perform(session.flow.started(index, result), session)
    }

    private func announce(_ session: LiveSession) {
        session.isAnnounced = true
        for (index, part) in session.flow.parts.enumerated() {
            if case .refused(let failure) = part { note(.refused, failure.text, session, index) }
        }
        discard(session, session.flow.parts.indices.filter { !session.flow.isLive($0) })
        respondOpened(session, started: true)
        guard let owner = session.owner else { return stop(session) }
        attach(owner, to: session)
    }

    private func respondOpened(_ session: LiveSession, started: Bool) {
        var opened = WireSessionOpened()
        opened.session = session.id
        opened.started = started
        opened.description_p = session.description
        opened.answers = session.parts.enumerated().map { index, part in
            var answer = part.answer
            answer.node = part.node
            switch session.flow.parts[index] {
            case .ready(let prepared), .starting(let prepared), .recording(let prepared, _): answer.prepared = prepared
            case .refused(let failure): answer.failure = failure
            case .preparing, .finished, .gaveUp: break
            }
            return answer
        }
        session.owner?.respond(to: session.openRequest, .opened(opened))
    }

    // MARK: Steps

    /// Does what the flow decided.
    func perform(_ step: SessionFlow.Step, _ session: LiveSession) {
        switch step {
        case .wait: break
        case .start(let nodes):
            // A node that has not answered in time may still become ready.
            discard(session, session.parts.indices.filter { !nodes.contains($0) })
            start(session, nodes: nodes)
        case .announce: announce(session)
        case .abort:
            discard(session, Array(session.parts.indices))
            respondOpened(session, started: false)
            sessions[session.id] = nil
            session.problem = "the session did not start"
            for attachment in session.attachments { end(attachment) }
            _ = store.close(session.id, keep: false)
        case .stop(let nodes):
            session.stopping = now()
            for index in nodes {
                guard let link = self.nodes[session.parts[index].node]?.link else { continue }
                command(.stop(WireStop()), session: session.id, on: link) { _ in }
            }
        case .end: end(session)
        }
    }

    private func discard(_ session: LiveSession, _ indices: [Int]) {
        for index in indices {
            guard let link = nodes[session.parts[index].node]?.link else { continue }
            command(.discard(WireDiscard()), session: session.id, on: link) { _ in }
        }
    }

    func stop(_ session: LiveSession) {
        perform(session.flow.stop(), session)
    }

    private func end(_ session: LiveSession) {
        // Stopped before every node had started: its operator still waits for an answer.
        if !session.isAnnounced { respondOpened(session, started: false) }
        let incomplete = session.flow.parts.enumerated().compactMap { index, part in
            if case .gaveUp(let reason) = part { "\(session.parts[index].node): \(reason)" } else { nil as String? }
        }
        session.description.state =
            incomplete.isEmpty ? "complete" : "incomplete: " + incomplete.joined(separator: "; ")
        store.finish(session.description).hop(to: loop).assumeIsolated().whenComplete { [self] result in
            assumeIsolated { controller in
                if case .failure(let error) = result, session.problem.isEmpty { session.problem = "\(error)" }
                session.isStored = true
                for attachment in session.attachments { controller.pump(attachment) }
                controller.closeIfUnused(session)
            }
        }
    }

    /// A session that has ended is forgotten when nobody reads it any more.
    func closeIfUnused(_ session: LiveSession) {
        guard session.isStored, session.attachments.isEmpty, sessions[session.id] != nil else { return }
        sessions[session.id] = nil
        store.close(session.id, keep: session.description.keep).whenFailure { [log] in
            log.error("a session's directory could not be removed", metadata: ["reason": "\($0)"])
        }
    }

    // MARK: Deadlines

    func checkDeadlines(now: Int64) {
        for session in Array(sessions.values) {
            guard let stopping = session.stopping else { continue }
            for index in session.parts.indices where session.flow.isLive(index) {
                let part = session.parts[index]
                let isGone = part.lostAt != nil
                let waited =
                    part.lostAt.map { now - $0 > Self.goneLimit }
                    ?? (now - max(stopping, part.lastHeard) > Self.silentLimit)
                // However much it sends, an end that was ordered must come.
                guard waited || now - stopping > Self.longestDrain else { continue }
                let reason = isGone ? "the node was gone when the session stopped" : "the node did not finish in time"
                note(.gaveUp, reason, session, index)
                // Should it be heard of again: nobody will acknowledge what it keeps of this session.
                discard(session, [index])
                perform(session.flow.giveUp(index, reason), session)
            }
        }
    }

    // MARK: The log

    func append(_ frame: Frame, _ session: LiveSession, _ index: Int, sequence: UInt64, now: Int64) {
        store.append(LogRecord(frame, received: now), session: session.id, node: index, sequence: sequence)
    }

    func note(
        _ kind: WireNodeNote.Kind, _ text: String, _ session: LiveSession, _ index: Int, started: WireStarted? = nil
    ) {
        var note = WireNodeNote()
        note.kind = kind
        note.at = now()
        note.text = text
        if let started { note.started = started }
        guard let frame = try? Frame(.nodeNote, note) else { return }
        append(frame, session, index, sequence: 0, now: note.at)
    }

    /// The store has written something.
    func stored(_ progress: [StoreWorker.Progress]) {
        for step in progress {
            // Credit is the connection's: it comes back whatever has become of the session.
            let link = nodes[step.name]?.link
            if step.bytes > 0 {
                nodes[step.name]?.outstanding -= step.bytes
                if let link { grant(step.bytes, to: link) }
            }
            guard let session = sessions[step.session] else { continue }
            session.parts[step.node].position = max(session.parts[step.node].position, step.position)
            let part = session.parts[step.node]
            if step.sequence > 0 {
                session.parts[step.node].durable = step.sequence
                link?.send(Acknowledgement(StreamNumber(session: step.session, sequence: step.sequence)).frame())
            }
            if let finish = part.finish, step.sequence >= finish {
                perform(session.flow.finished(step.node), session)
            }
            for attachment in session.attachments { pump(attachment) }
        }
    }

    /// A node's log cannot be written any more, for want of space for example. The session stops: what is there
    /// stays readable.
    func storeFailed(_ id: UInt64, _ index: Int, _ error: StoreError) {
        guard let session = sessions[id] else { return }
        log.error("a session cannot be stored any more", metadata: ["session": "\(hex(id))", "reason": "\(error)"])
        if session.problem.isEmpty { session.problem = "\(error)" }
        stop(session)
        discard(session, [index])
        perform(session.flow.giveUp(index, "the controller could not store it: \(error)"), session)
    }

    nonisolated func hex(_ session: UInt64) -> String {
        String(session, radix: 16)
    }
}

extension WireAnswer {
    var preparedResult: Result<WirePrepared, WireRefusal> {
        switch outcome {
        case .prepared(let prepared): .success(prepared)
        case .failure(let failure): .failure(WireRefusal(failure))
        default: .failure(WireRefusal(.unspecified, "the agent gave an answer that does not fit the command"))
        }
    }

    var startedResult: Result<WireStarted, WireRefusal> {
        switch outcome {
        case .started(let started): .success(started)
        case .failure(let failure): .failure(WireRefusal(failure))
        default: .failure(WireRefusal(.unspecified, "the agent gave an answer that does not fit the command"))
        }
    }
}
