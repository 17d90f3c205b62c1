import SystemFacts
import TraceProtocol

/// A session of an earlier controller process, whose nodes go on with it when they connect again.
extension Session {
    /// Takes over what the journal and the logs say.
    func restore(_ recovered: RecoveredSession) {
        isRecovered = true
        flow = recovered.flow.flow
        startMoment.restore(recovered.flow.moment)
        hold.lost(at: now)
        for (index, log) in recovered.logs.enumerated() {
            parts[index].incarnation = recovered.flow.incarnations[index]
            parts[index].tracker = SequenceTracker(last: log.sequence)
            parts[index].durable = log.sequence
            parts[index].account = log.account
            parts[index].earlierClock = log.clock
            parts[index].isStartCommanded =
                log.isStartCommanded || recovered.flow.commanded.contains(index) && recovered.flow.moment != nil
            parts[index].lostAt = now
            // Agents record, and try to connect, as long as their lease lasts.
            parts[index].goneLimit = environment.lease
        }
    }

    /// Goes on with the flow where it was. What was commanded last is commanded again when a node is back.
    func goOn(_ recovered: RecoveredSession) {
        for index in parts.indices where flow.isLive(index) {
            note(.controllerRestarted, "the controller was restarted", index)
        }
        if flow.phase != .starting { noteEnds() }
        // What ended before the journal or the manifest could say so.
        let ended = recovered.logs.indices.filter { recovered.logs[$0].finish != nil }
        switch flow.phase {
        case .starting:
            environment.after(environment.lease) { [self] in perform(flow.startDeadline()) }
        case .stopping, .ended: resumeStop(recovered)
        case .preparing, .recording, .refused: break
        }
        if flow.phase == .ended { return perform(.end) }
        for index in ended { perform(flow.finished(index)) }
    }

    /// Writes why parts have ended, where the journal says it and the log does not.
    private func noteEnds() {
        for (index, part) in flow.parts.enumerated() {
            let account = parts[index].account
            guard account.refusal == nil, account.end == nil, account.finish == nil else { continue }
            switch part {
            case .refused(let refusal): noteRefusal(refusal, index)
            case .gaveUp(let reason): note(.gaveUp, reason, index)
            default: break
            }
        }
    }

    private func resumeStop(_ recovered: RecoveredSession) {
        let stoppedAt = recovered.flow.stoppedAt ?? now
        if flow.phase == .stopping {
            drain = DrainDeadline(stoppedAt: now, budget: environment.budget, lease: description.ownLease)
        }
        guard flow.phase == .stopping || recovered.flow.stoppedAt != nil else { return }
        isStopNoted = true
        for (index, log) in recovered.logs.enumerated() where parts[index].isStartCommanded && !log.hasStopped {
            note(.stopped, "", index, at: stoppedAt)
        }
    }

    /// Commands the start again: the node may not have got it, or its reply may be lost.
    func startAgain(_ index: Int) {
        var command = WireStart()
        command.at = startMoment.at.flatMap { parts[index].node.agentTime(at: $0) }?.nanoseconds ?? 0
        parts[index].isStartCommanded = true
        parts[index].node.command(.start(command), session: id) { [self] reply in
            var reply = reply
            switch reply.outcome {
            // It has started, at the moment that it was told first.
            case .refusal(let refusal) where refusal.code == .wrongState: reply.started = WireStarted()
            case .started: reply.started.missed = true
            default: break
            }
            started(index, reply)
        }
    }
}
