import NIOCore
import RecentLog
import SystemFacts
import TraceProtocol

/// The life of a session on this node, from `Prepare` until its last frame has been acknowledged.
extension Agent {
    func prepare(_ request: WirePrepare, _ command: WireCommand) {
        let id = command.session
        guard sessions[id] == nil else {
            return refuse(command, WireRefusal(.wrongState, "this node has that session already"))
        }
        guard sessions.count < configuration.budget.sessions else {
            return refuse(
                command, WireRefusal(.overBudget, "this node has \(sessions.count) sessions, as many as it may"))
        }
        guard prepareRate.spend(now: now()) else {
            return refuse(command, WireRefusal(.overBudget, "more new sessions than \(prepareRate.rate)"))
        }
        let lease: SessionLease
        do throws(WireRefusal) {
            lease = try configuration.policy.lease(request, longest: configuration.budget.sessionLease)
        } catch {
            return refuse(command, error)
        }
        log.notice(
            "prepare",
            metadata: [
                "session": "\(hex(id))", "operator": "\(request.operator)",
                "events": .texts(request.events + request.count.counters), "counts": "\(request.hasCount)",
                "probes": .texts(request.probes), "filters": .texts(request.filters.map(\.text)),
                "triggers": .texts(request.triggers.map(\.text)),
            ])
        let delivery = delivery(of: id, isSpooled: !request.hasCount)
        let session = AgentSession(
            stream: delivery.stream, operator: request.operator, isRecording: !request.hasCount, lease: lease,
            isInheritable: kernel.journal != nil && !request.hasCount)
        add(session, id)
        kernel.prepare(request, delivery).whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                switch result {
                case .success(let prepared):
                    if agent.sessions[id]?.state.prepared() == .tearDown { agent.tearDown(id) }
                    // Making it took megabytes: names and symbols.
                    agent.trim.released(at: agent.now())
                    agent.reply(to: command, .prepared(prepared))
                case .failure(let error):
                    agent.sessions.removeValue(forKey: id)?.stream.removeFromDisk()
                    agent.refuse(command, error)
                }
            }
        }
    }

    /// - Parameters:
    ///   - isSpooled: its frames go to the disk, if there is one for them.
    ///   - found: what an agent that died has left of it there.
    func delivery(of id: UInt64, isSpooled: Bool, _ found: FoundSpool? = nil) -> SessionDelivery {
        let stream = SessionStream(
            session: id, budget: configuration.memory, disk: isSpooled ? spool?.disk(of: id, found) : nil,
            onAppend: { [weak self] in self?.schedulePump() })
        return SessionDelivery(
            session: id, stream: stream, codec: codec,
            offer: { [weak self] frame in
                guard let self else { return }
                self.loop.execute { self.assumeIsolated { $0.offer(frame) } }
            },
            onFull: { [weak self] in
                guard let self else { return }
                self.loop.execute {
                    self.assumeIsolated { $0.end(id, because: "its buffers were full (--on-full stop)") }
                }
            },
            onDrained: { [weak self] in
                guard let self else { return }
                self.loop.execute { self.assumeIsolated { $0.drained(id) } }
            })
    }

    /// Ends a session that no operator has stopped; the reason goes into its last frame.
    func end(_ id: UInt64, because reason: String) {
        guard sessions[id]?.state.isLive == true else { return }
        log.warning("recording stops", metadata: ["session": "\(hex(id))", "reason": "\(reason)"])
        sessions[id]?.endReason = reason
        stop(id)
    }

    func start(_ request: WireStart, _ command: WireCommand) {
        let id = command.session
        do {
            guard case .start(let moment) = try sessions[id]?.state.start(at: .init(requested: request.at)) else {
                throw WireRefusal.noSuchSession()
            }
            reply(to: command, with: kernel.start(id, at: moment)) { [weak self] started in
                self?.assumeIsolated { _ = $0.sessions[id]?.state.started() }
                return .started(started)
            }
        } catch {
            refuse(command, error)
        }
    }

    /// - Parameter moment: of the trace clock; nil for at once.
    func stop(_ id: UInt64, at moment: MonotonicRawInstant? = nil, replyingTo command: WireCommand? = nil) {
        do {
            guard let action = try sessions[id]?.state.stop() else { throw WireRefusal.noSuchSession() }
            guard action == .stopAndDrain else {
                if let command { reply(to: command, .stopping(WireStopping())) }
                return
            }
            let stopped = kernel.stop(id, at: moment, reason: sessions[id]?.endReason ?? "")
            if let command { reply(to: command, with: stopped) { .stopping($0) } }
        } catch {
            if let command { refuse(command, error) }
        }
    }

    /// Everything of a stopped session has been read, or counted.
    private func drained(_ id: UInt64) {
        guard let session = sessions[id], session.state.phase == .draining else { return }
        kernel.finish(id, reason: session.endReason).whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                if case .failure(let error) = result {
                    agent.log.error("a session did not end cleanly", metadata: ["reason": "\(error)"])
                    _ = agent.kernel.removeStaleProbes(isExpected: true)
                }
                _ = agent.sessions[id]?.state.drained()
                agent.dropIfDelivered(id)
                agent.pump()
            }
        }
    }

    func discard(_ id: UInt64, replyingTo command: WireCommand? = nil) {
        switch sessions[id]?.state.discard() {
        case .tearDown: tearDown(id)
        case .forget:
            sessions.removeValue(forKey: id)?.stream.removeFromDisk()
            forgetForGood(id)
        default: break
        }
        if let command { reply(to: command, .discarded(WireDiscarded())) }
    }

    private func tearDown(_ id: UInt64) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.stream.removeFromDisk()
        kernel.journal?.folder.removeFrames(of: id)
        kernel.remove(id).whenFailure { [log, kernel] in
            log.error("an instance or a probe could not be removed", metadata: ["reason": "\($0)"])
            _ = kernel.removeStaleProbes(isExpected: true)
        }
    }
}
