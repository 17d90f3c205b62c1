import NIOCore
import SystemFacts
import TraceProtocol

/// What happens by the clock, and the agent's own end.
extension Agent {
    /// Every `AgentConfiguration.readInterval`: task names, then watermarks.
    ///
    /// - Returns: whether there is a session that needs them.
    @discardableResult
    func tick() -> Bool {
        guard !isHandingOver, sessions.values.contains(where: \.isRecording) else { return false }
        kernel.watermarks().whenSuccess { [weak self] watermarks in
            self?.assumeIsolated { agent in
                for pending in watermarks {
                    let id = pending.watermark.session
                    // The one that waits is not replaced: under load it would never be sent.
                    guard agent.sessions[id] != nil, agent.sessions[id]?.pendingWatermark == nil else { continue }
                    agent.sessions[id]?.pendingWatermark = pending
                }
                agent.pump()
            }
        }
        return true
    }

    /// Every second: leases and threads.
    func slowTick() {
        audit.expire(now: now())
        if begun.duration(to: now()) >= CrashLoop.provingTime { prove() }
        if trim.isDue(at: now()) { HeapTrim.run() }
        kernel.keepThreadsExcluded()
        checkCatalog()
        kernel.removeStaleProbes().whenFailure { [log] in
            log.warning(
                "probes of a session that has ended are left in the kernel", metadata: ["reason": "\($0)"])
        }
        for session in sessions.values { session.stream.tryDiskAgain() }
        standstill.observe(
            isFull: sessions.values.contains { $0.isRecording && $0.state.isLive && !$0.stream.hasRoom }, now: now())
        for (id, session) in sessions where session.state.isLive && lease.hasRunOut(of: session.lease, now: now()) {
            let silence = session.lease.duration(usual: lease.duration).components.seconds
            end(id, because: "nothing heard from the controller for \(silence) s")
        }
    }

    /// Stops all sessions and waits until the controller has everything, up to a limit.
    func finishSessions(within limit: TimeAmount) -> EventLoopFuture<Void> {
        finish(sessions.keys.filter { sessions[$0]?.state.isLive == true }, within: limit)
    }

    /// Reads nothing more of what a successor takes over, ends all other sessions, and waits until the controller has
    /// everything, up to a limit.
    func stopReading(within limit: TimeAmount) -> EventLoopFuture<Void> {
        isHandingOver = true
        return kernel.stopReading().assumeIsolated().flatMap { [self] in
            assumeIsolated { agent in
                agent.finish(
                    agent.sessions.keys.filter {
                        agent.sessions[$0]?.isInheritable == false && agent.sessions[$0]?.state.isLive == true
                    }, within: limit)
            }
        }.nonisolated()
    }

    private func finish(_ ids: [UInt64], within limit: TimeAmount) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        for id in ids { end(id, because: "the agent was stopped") }
        return wait(promise, within: limit)
    }

    /// Until the controller has what it is to have.
    private func wait(_ promise: EventLoopPromise<Void>, within limit: TimeAmount) -> EventLoopFuture<Void> {
        guard isAccepted else {
            promise.succeed()
            return promise.futureResult
        }
        onIdle = promise
        idleIfDelivered()
        loop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            self?.assumeIsolated { agent in
                guard let onIdle = agent.onIdle else { return }
                agent.onIdle = nil
                onIdle.succeed()
            }
        }
        return promise.futureResult
    }

    /// Removes everything this agent has made in the kernel.
    func shutDown() -> EventLoopFuture<Void> {
        for (id, session) in sessions {
            session.stream.removeFromDisk()
            forgetForGood(id)
        }
        sessions.removeAll()
        return kernel.shutDown().flatMap { [spool, loop] in spool?.settled() ?? loop.makeSucceededVoidFuture() }
    }
}
