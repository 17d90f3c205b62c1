import NIOCore
import SystemFacts
import TraceProtocol

/// Sessions of an agent that died, and those that this one leaves to a successor.
extension Agent {
    // MARK: Of an agent that died

    /// Takes over the sessions that the journal has. Before the first connection.
    func takeOver() -> EventLoopFuture<Void> {
        guard let journal = kernel.journal, !journal.found.sessions.isEmpty else {
            return loop.makeSucceededVoidFuture()
        }
        journal.write(.trying(WireAgentTrying()))
        let isVain = CrashLoop.action(after: journal.found.vainLives) == .giveUp
        let taken = journal.found.sessions.map { id, left in
            takeOver(id, left, from: journal, giveUp: isVain ? CrashLoop.reason : nil)
        }
        return .andAllComplete(taken, on: loop)
    }

    private func takeOver(
        _ id: UInt64, _ left: JournaledSession, from journal: StateJournal, giveUp: String?
    ) -> EventLoopFuture<Void> {
        let found = spool?.found(of: id)
        let delivery = delivery(of: id, isSpooled: true, found)
        let request = left.prepared.request
        let lease =
            (try? configuration.policy.lease(request, longest: configuration.budget.sessionLease)) ?? SessionLease()
        var session = AgentSession(
            stream: delivery.stream, operator: request.operator, isRecording: !request.hasCount, lease: lease,
            isInheritable: true)
        let isOver = left.stopping != nil || left.finish != nil || giveUp != nil
        session.state = SessionState(takenOver: isOver ? .draining : left.started == nil ? .ready : .recording)
        session.isSuccessor = true
        session.endReason = giveUp ?? left.stopping?.reason ?? ""
        session.inherited = journal.folder.undelivered(of: id)
        if let found, session.inherited?.frames.isEmpty != false || !found.frames.isEmpty {
            session.inherited = found.undelivered
        }
        add(session, id)
        let taken = kernel.takeOver(left, delivery, giveUp: giveUp)
        taken.whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                switch result {
                case .success(let ended):
                    // This agent's policy may forbid it, too: then nothing of it is in the kernel but its account.
                    if let ended {
                        agent.sessions[id]?.state = SessionState(takenOver: .draining)
                        agent.sessions[id]?.endReason = ended
                    }
                    agent.log.notice(
                        ended == nil
                            ? "took over a session of an agent that has ended"
                            : "gave up a session of agents that have died",
                        metadata: [
                            "session": "\(agent.hex(id))", "operator": "\(request.operator)",
                            "reason": "\(ended ?? "")",
                        ])
                case .failure(let error):
                    agent.sessions.removeValue(forKey: id)?.stream.removeFromDisk()
                    agent.forgetForGood(id)
                    agent.log.warning(
                        "a session of an agent that has ended is lost",
                        metadata: ["session": "\(agent.hex(id))", "reason": "\(error)"])
                }
            }
        }
        return taken.map { _ in }
    }

    /// The controller has said what has come of a session that was taken over.
    func resume(_ point: WireResumePoint, _ inherited: UndeliveredFrames) {
        let id = point.session
        let rest = inherited.remaining(after: point.acknowledged)
        sessions[id]?.inherited = nil
        sessions[id]?.stream.goOn(after: point.acknowledged, with: rest)
        // Its end is among them: nothing of it is in the kernel.
        guard !rest.hasFinish else {
            _ = sessions[id]?.state.drained()
            _ = kernel.forget(id)
            return
        }
        kernel.resume(id, Resumption(point, rest)).whenFailure { [weak self] error in
            self?.assumeIsolated { agent in
                agent.log.error(
                    "a session that was taken over cannot be read",
                    metadata: ["session": "\(agent.hex(id))", "reason": "\(error)"])
                agent.discard(id)
            }
        }
    }

    /// Something that it has read has been acknowledged, or it has lived for a while: what kills it is not its sessions.
    func prove() {
        guard !isProven else { return }
        isProven = true
        kernel.journal?.write(.settled(WireAgentSettled()))
    }

    // MARK: For a successor

    /// Stores what the controller does not have yet, and leaves everything in the kernel. After `stopReading` and the end
    /// of the connection.
    func leave() -> EventLoopFuture<Void> {
        guard let journal = kernel.journal else { return shutDown() }
        var left: Set<UInt64> = []
        for (id, session) in sessions where session.isInheritable {
            left.insert(id)
            // Frames that are not this agent's yet are in the folder still.
            guard session.inherited == nil else { continue }
            do {
                try journal.folder.leave(session.stream.unacknowledged, of: id)
            } catch {
                log.error(
                    "frames of a session could not be stored, and are lost",
                    metadata: [
                        "session": "\(hex(id))", "frames": "\(session.stream.unacknowledged.count)",
                        "reason": "\(error)",
                    ])
            }
        }
        journal.write(.left(WireAgentLeft()))
        log.notice("left to a successor", metadata: ["sessions": "\(left.count)"])
        sessions.removeAll()
        return kernel.leave(left)
    }
}
