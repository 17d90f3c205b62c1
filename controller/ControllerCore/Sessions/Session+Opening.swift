import SystemFacts
import TraceProtocol

/// From the request to nodes that record: preparing all of them, and starting them at one moment.
extension Session {
    /// How long nodes that are ready, of a session that may go on without some, wait for one that is busy.
    private static let partialPatience = Duration.seconds(5)

    func prepare(_ opening: WireOpenSession) {
        let excluded = environment.excludedProcesses()
        var prepare = WirePrepare(opening, operator: description.operator)
        for (index, part) in parts.enumerated() {
            guard opening.clockSource == .monoRaw || part.node.hasClockSources else {
                // It would leave the field out, and record with another clock.
                let refusal = WireRefusal(.unsupported, "its agent is too old to choose a trace clock")
                perform(flow.prepared(index, .failure(refusal)))
                continue
            }
            prepare.excludedProcesses = part.node.exclude(excluded)
            let isSent = part.node.command(
                .prepare(prepare), session: id, lead: .zero, askedBy: owner?.description ?? ""
            ) {
                [self] reply in
                let result = checkFunctions(checkPrepared(reply, index), opening, index)
                if opening.partial, case .success = result { limitPreparing() }
                perform(flow.prepared(index, result))
            }
            if !isSent { perform(flow.giveUp(index, "the connection was lost")) }
        }
    }

    /// An agent that does not know of functions leaves them out, and prepares everything else.
    private func checkFunctions(
        _ result: Result<WirePrepared, WireRefusal>, _ opening: WireOpenSession, _ index: Int
    ) -> Result<WirePrepared, WireRefusal> {
        guard opening.hasFunctionTrace, case .success(let prepared) = result, prepared.functions == 0 else {
            return result
        }
        discard([index])
        return .failure(WireRefusal(.unsupported, "its agent is too old to trace functions"))
    }

    private func limitPreparing() {
        guard !isPreparingLimited else { return }
        isPreparingLimited = true
        environment.after(Self.partialPatience) { [self] in perform(flow.prepareDeadline()) }
    }

    /// Sets the moment at which nodes start, and tells them when that is noted.
    func setStart(of indices: [Int]) {
        let moment = startMoment.set(now: now, roundTrips: roundTrips(indices))
        whenNoted(note([.with { $0.starting.at = moment.nanoseconds }])) { [self] in
            guard flow.phase == .starting else { return }
            if startMoment.postpone(now: now, roundTrips: roundTrips(indices)) {
                _ = note([.with { $0.starting.at = startMoment.at?.nanoseconds ?? 0 }])
            }
            start(indices, at: startMoment.at ?? moment)
        }
    }

    private func roundTrips(_ indices: [Int]) -> [Duration] { indices.compactMap { parts[$0].node.usualRoundTrip } }

    private func start(_ indices: [Int], at moment: MonotonicRawInstant) {
        for index in indices where flow.isLive(index) {
            let node = parts[index].node
            var command = WireStart()
            command.at = node.agentTime(at: moment)?.nanoseconds ?? 0
            parts[index].isStartCommanded = true
            let isSent = node.command(.start(command), session: id, lead: startMoment.delay) { [self] reply in
                started(index, reply)
            }
            if !isSent { perform(flow.giveUp(index, "the connection was lost")) }
        }
        guard flow.isPartial else { return }
        environment.after(startMoment.delay + Self.partialPatience) { [self] in perform(flow.startDeadline()) }
    }

    func started(_ index: Int, _ reply: WireCommandReply) {
        begin()
        let result = reply.startedResult
        if case .success(let started) = result {
            let after = parts[index].node.timelineTime(of: MonotonicRawInstant(nanoseconds: started.after))
            parts[index].reply.started = true
            parts[index].reply.missedStart = started.missed
            parts[index].reply.startedAt = after.estimate
            parts[index].reply.startedBound = after.plusMinus ?? -1
            note(.started, "", index, started: started)
        }
        perform(flow.started(index, result))
    }

    func announce() {
        release()
        environment.releasedMemory()
        for (index, part) in flow.parts.enumerated() {
            if case .refused(let refusal) = part { noteRefusal(refusal, index) }
            for text in part.prepared?.notes ?? [] { note(.limited, text, index) }
        }
        discard(flow.parts.indices.filter { !flow.isLive($0) })
        replyOpened(started: true)
        if hold.isDetached { owner = nil } else if owner == nil { return stop() }
        announced()
        planEnd()
    }

    /// Who has promised to take part and then does not is missed; who refused at once is not.
    func noteRefusal(_ refusal: WireRefusal, _ index: Int) {
        note(parts[index].isStartCommanded ? .gaveUp : .refused, refusal.text, index)
    }

    /// Tells the operator which nodes take part, and what the others refused.
    func replyOpened(started: Bool) {
        var opened = WireSessionOpened()
        opened.session = id
        opened.started = started
        opened.startAt = startMoment.at?.nanoseconds ?? 0
        opened.sessionDescription = description
        opened.replies = parts.enumerated().map { index, part in
            var reply = part.reply
            reply.node = part.node.name
            let state = flow.parts[index]
            if let prepared = state.prepared { reply.prepared = prepared }
            if case .refused(let refusal) = state { reply.refusal = refusal }
            return reply
        }
        replyToOpen(.opened(opened))
    }
}

extension WirePrepare {
    /// What every node is told alike.
    init(_ opening: WireOpenSession, operator name: String) {
        self.init()
        events = opening.events
        filters = opening.filters
        triggers = opening.triggers
        probes = opening.probes
        pids = opening.pids
        comms = opening.comms
        stacks = opening.stacks
        bufferKilobytes = opening.bufferKilobytes
        leaseSeconds = opening.leaseSeconds
        unattended = opening.unattended
        onFull = opening.onFull
        forceProbes = opening.forceProbes
        clockSource = opening.clockSource
        `operator` = name
        if opening.hasCount { count = opening.count }
        if opening.hasFunctionTrace { functionTrace = opening.functionTrace }
    }
}

extension WireCommandReply {
    fileprivate static let unfit = WireRefusal(.unspecified, "the agent's reply does not fit the command")

    var preparedResult: Result<WirePrepared, WireRefusal> {
        switch outcome {
        case .prepared(let prepared): .success(prepared)
        case .refusal(let refusal): .failure(refusal)
        default: .failure(Self.unfit)
        }
    }

    var startedResult: Result<WireStarted, WireRefusal> {
        switch outcome {
        case .started(let started): .success(started)
        case .refusal(let refusal): .failure(refusal)
        default: .failure(Self.unfit)
        }
    }
}
