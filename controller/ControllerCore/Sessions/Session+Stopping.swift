import SystemFacts
import TraceProtocol

/// What the flow decides is done here, up to the end.
extension Session {
    /// How far ahead the common end is set, so that the slowest link delivers the command in time.
    private static let stopLead = Duration.milliseconds(50)

    /// Does what the flow decided.
    func perform(_ step: SessionFlow.Step) {
        let noted = noteEvents()
        switch step {
        case .wait: break
        case .start(let nodes):
            // A node that has not replied in time may still become ready.
            discard(Array(Set(parts.indices).subtracting(nodes)))
            setStart(of: nodes)
        // Another process must not drop a session that its operator knows of.
        case .announce: whenNoted(noted) { [self] in announce() }
        case .abort:
            discard(Array(parts.indices))
            replyOpened(started: false)
            environment.forget(id, nil)
            aborted()
        case .stop(let nodes):
            drain = DrainDeadline(stoppedAt: now, budget: environment.budget, lease: description.ownLease)
            // Another process must not take a node that has stopped for one that ended by itself.
            whenNoted(noted) { [self] in if flow.phase == .stopping { stop(nodes) } }
        case .end: end()
        }
    }

    func stop() {
        perform(flow.stop())
    }

    /// Has the nodes stop at the end of the stretch that was asked for: they are told before.
    func planEnd() {
        guard let end = intendedEnd else { return }
        let slowest = min(parts.compactMap { $0.node.usualRoundTrip }.max() ?? .zero, Self.longestRoundTrip)
        environment.after(max(.zero, now.duration(to: end) - Self.stopLead - slowest)) { [self] in
            guard flow.phase == .recording else { return }
            plannedEnd = end
            stop()
        }
    }

    /// A node with a longer round trip stops when it hears of it.
    private static let longestRoundTrip = Duration.seconds(1)

    private func stop(_ nodes: [Int]) {
        begin()
        release()
        noteStop()
        let moment = max(plannedEnd ?? now.advanced(by: Self.stopLead), now)
        for index in nodes {
            let node = parts[index].node
            // No later probe tells where its last events lie.
            node.measureClock()
            var command = WireStop()
            command.at = node.agentTime(at: moment)?.nanoseconds ?? 0
            node.command(.stop(command), session: id) { [self] reply in stopped(index, reply) }
        }
    }

    /// A node that does not answer is not waited for. One whose connection is lost may come back: `DrainDeadline`.
    func stopped(_ index: Int, _ reply: WireCommandReply) {
        guard case .refusal(let refusal) = reply.outcome, refusal.code == .timeout, flow.isLive(index),
            // One that may be away for long finds the command when it is back.
            description.ownLease == nil
        else { return }
        giveUp(index, "it was told to stop: \(refusal.text)")
    }

    func giveUp(_ index: Int, _ reason: String) {
        note(.gaveUp, reason, index)
        // In case it sends again: nobody will acknowledge what it keeps of this session.
        discard([index])
        perform(flow.giveUp(index, reason))
    }

    private func end() {
        // Stopped before every node had started: the operator still waits for the reply.
        if !flow.isAnnounced { replyOpened(started: false) }
        // It has ended by itself: no node is left.
        if !isStopNoted { noteStop() }
        // The account is of what the logs have: what has come last is on its way to them.
        settle { [self] in conclude() }
    }

    private func conclude() {
        for (index, part) in flow.parts.enumerated() where parts[index].isStartCommanded {
            // Without effect where the account has a reason, or the node's last frame.
            if case .gaveUp(let reason) = part { parts[index].account.cutOff(reason) }
            parts[index].account.cutOff("its stream is not complete")
        }
        // What was told to wait for the disk would wait for ever. So would a node that was stopped before it had started: it
        // has refused the start, and its last frame may not be stored.
        discard(parts.indices.filter { parts[$0].pause != nil || parts[$0].isStartCommanded && flow.isRefused($0) })
        let account = account()
        description.state = account.state
        description.gaps = account.gaps
        description.losses = account.losses
        description.problem = problem
        description.ended = EpochInstant(nanoseconds: description.epochOffset).timeOfDay(at: now).nanoseconds
        ended()
    }

    /// Up to now the nodes owe a record.
    private func noteStop() {
        isStopNoted = true
        for index in parts.indices where parts[index].isStartCommanded { note(.stopped, "", index) }
    }

    /// Gives up the nodes that a stopping session has waited for long enough. Called often.
    func checkDeadline(now: MonotonicRawInstant) {
        guard let drain else { return }
        for index in parts.indices where flow.isLive(index) {
            if drain.isMute(parts[index], now: now) { parts[index].returnedAt = now }
            parts[index].mostHeld = max(parts[index].mostHeld, parts[index].node.heldBytes)
            guard
                let reason = drain.reason(
                    toGiveUp: parts[index], buffers: buffers(of: index), now: now)
            else { continue }
            giveUp(index, reason)
        }
    }

    /// Bytes that a node's buffers may have held when the session was stopped, by what it stated.
    private func buffers(of index: Int) -> Int {
        guard let prepared = flow.parts[index].prepared else { return 0 }
        let rings = Int(min(prepared.cpus, UInt32(Watermark.maximumCPUs))) * Int(prepared.bufferKilobytes) << 10
        return min(rings, environment.budget.statedBuffers) + parts[index].mostHeld
    }

    /// Has nodes remove what they hold of the session.
    func discard(_ indices: [Int]) {
        for index in indices { parts[index].node.command(.discard(WireDiscard()), session: id) { _ in } }
    }
}
