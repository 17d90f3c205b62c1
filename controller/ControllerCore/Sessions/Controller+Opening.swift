import NIOCore
import SessionStore
import TextPatterns
import TraceProtocol

/// Opening a session: choosing nodes, preparing all of them, and starting them at one moment.
extension Controller {
    private static let prepareTimeout = TimeAmount.seconds(30)
    private static let startTimeout = TimeAmount.seconds(10)
    /// Agents refuse a start that is much further ahead; ms.
    private static let longestDelay: UInt32 = 60_000
    /// How far ahead a start is set beyond the longest usual round trip, so that the slowest link hears of it in time; ns.
    private static let startLead: Int64 = 50_000_000
    /// A node that is slower than this misses the start, and is named, rather than keep all others waiting; ns.
    private static let longestRoundTrip: Int64 = 2_000_000_000

    func open(_ order: WireOpenSession, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(order.selectors)
        guard order.startInMs <= Self.longestDelay else {
            throw WireRefusal(.unspecified, "a start can be at most \(Self.longestDelay / 1_000) s ahead")
        }
        guard !order.events.isEmpty || !order.probes.isEmpty || !order.count.counters.isEmpty else {
            throw WireRefusal(.unspecified, "no event was asked for")
        }
        if order.hasCount, let problem = order.count.problem { throw WireRefusal(.unspecified, problem) }
        try Self.refuseTooMany(order.probes)
        let id = UInt64.random(in: 1 ... .max)
        var description = WireSessionDescription()
        description.session = id
        description.name = order.name
        description.operator = link.name
        description.epochOffset = epochOffset
        description.created = now() + description.epochOffset
        description.events = order.events + order.count.counters
        description.filters = order.filters
        description.probes = order.probes
        description.nodes = chosen.map(\.name)
        description.controller = name
        description.state = "recording"
        description.keep = order.keep
        let session = LiveSession(
            description: description,
            parts: chosen.map { .init(node: $0, incarnation: $0.hello.incarnation, lastHeard: now()) },
            partial: order.partial, owner: link, openRequest: request, startDelay: Int64(order.startInMs) * 1_000_000)
        sessions[id] = session
        log.notice(
            "session",
            metadata: [
                "session": "\(hex(id))", "operator": "\(link.name)", "nodes": "\(description.nodes)",
                "events": "\(description.events)", "counts": "\(order.hasCount)",
                "probes": "\(order.probes)", "filters": "\(order.filters.map(\.text))",
                "triggers": "\(order.triggers.map(\.text))",
            ])
        if order.hasCount {
            session.counts = CountLedger(order.count, nodes: chosen.count)
            return prepare(session, order, link)
        }
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

    func chosenNodes(_ texts: [String]) throws(WireRefusal) -> [Node] {
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
        let excludedProcesses = excludedProcesses()
        var prepare = WirePrepare()
        prepare.events = order.events
        prepare.filters = order.filters
        prepare.triggers = order.triggers
        prepare.probes = order.probes
        prepare.pids = order.pids
        prepare.comms = order.comms
        prepare.stacks = order.stacks
        prepare.bufferKilobytes = order.bufferKilobytes
        prepare.operator = link.name
        if order.hasCount { prepare.count = order.count }
        for (index, part) in session.parts.enumerated() {
            guard let nodeLink = part.node.link else {
                perform(session.flow.giveUp(index, "the connection was lost"), session)
                continue
            }
            prepare.excludedProcesses = excludedProcesses.of(part.node.hello.host)
            nodeLink.excludedProcesses = prepare.excludedProcesses
            command(.prepare(prepare), session: session.id, on: nodeLink) { [self] answer in
                assumeIsolated { controller in
                    let result = controller.planned(answer, session, index)
                    controller.perform(session.flow.prepared(index, result), session)
                }
            }
        }
        loop.assumeIsolated().scheduleTask(in: Self.prepareTimeout) { [self] in
            assumeIsolated { $0.perform(session.flow.prepareDeadline(), session) }
        }
    }

    func start(_ session: LiveSession, nodes indices: [Int]) {
        let slowest = indices.compactMap { session.parts[$0].node.usualRoundTrip }.max() ?? 0
        let moment = now() + max(Self.startLead + min(slowest, Self.longestRoundTrip), session.startDelay)
        session.startAt = moment
        for index in indices {
            let node = session.parts[index].node
            guard let link = node.link else {
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

    private func started(_ session: LiveSession, _ index: Int, _ answer: WireCommandReply) {
        beginLogs(session)
        let result = answer.startedResult
        if case .success(let started) = result {
            let mapped = session.parts[index].node.clock.map(started.after)
            session.parts[index].answer.started = true
            session.parts[index].answer.missedStart = started.missed
            session.parts[index].answer.startedAt = mapped.estimate
            session.parts[index].answer.startedBound = mapped.plusMinus ?? -1
            note(.started, "", session, index, started: started)
        }
        perform(session.flow.started(index, result), session)
    }

    func announce(_ session: LiveSession) {
        session.isAnnounced = true
        store.release(session.id)
        for (index, part) in session.flow.parts.enumerated() {
            if case .refused(let failure) = part { note(.refused, failure.text, session, index) }
            for text in part.prepared?.notes ?? [] { note(.limited, text, session, index) }
        }
        discard(session, session.flow.parts.indices.filter { !session.flow.isLive($0) })
        respondOpened(session, started: true)
        guard let owner = session.owner else { return stop(session) }
        guard session.counts == nil else { return sendReport(session) }
        attach(owner, to: session)
    }

    func respondOpened(_ session: LiveSession, started: Bool) {
        var opened = WireSessionOpened()
        opened.session = session.id
        opened.started = started
        opened.startAt = session.startAt
        opened.sessionDescription = session.description
        opened.replies = session.parts.enumerated().map { index, part in
            var answer = part.answer
            answer.node = part.node.name
            let state = session.flow.parts[index]
            if let prepared = state.prepared { answer.prepared = prepared }
            if case .refused(let failure) = state { answer.refusal = failure }
            return answer
        }
        session.owner?.respond(to: session.openRequest, .opened(opened))
    }
}

extension WireCommandReply {
    var preparedResult: Result<WirePrepared, WireRefusal> {
        switch outcome {
        case .prepared(let prepared): .success(prepared)
        case .refusal(let refusal): .failure(refusal)
        default: .failure(WireRefusal(.unspecified, "the agent gave an answer that does not fit the command"))
        }
    }

    var startedResult: Result<WireStarted, WireRefusal> {
        switch outcome {
        case .started(let started): .success(started)
        case .refusal(let refusal): .failure(refusal)
        default: .failure(WireRefusal(.unspecified, "the agent gave an answer that does not fit the command"))
        }
    }
}
