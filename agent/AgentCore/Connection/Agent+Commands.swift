import NIOCore
import TraceProtocol

/// What each command of the controller does here. Every one is answered once.
extension Agent {
    func perform(_ command: WireCommand) {
        switch command.action {
        case .prepare(let order): prepare(order, command)
        case .start(let order): start(order, command)
        case .stop(let order): stop(command.session, at: order.at, answering: command)
        case .discard: discard(command.session, answering: command)
        case .excludeProcesses(let excludedProcesses):
            let pids = excludedProcesses.pids.map { Int32(bitPattern: $0) }
            answer(command, control.excludedProcesses(pids).and(counting.refreshThreads(pids))) { _ in
                .noted(WireNoted())
            }
        case .listNames(let order): answer(command, inventory.answer(order)) { .names($0) }
        case .checkProbes(let order): check(order, command)
        case .describe: answer(command, describe()) { .described($0) }
        // A newer controller's command.
        case nil: refuse(command, WireRefusal(.unsupported, "this agent does not know that command"))
        }
    }

    private func prepare(_ order: WirePrepare, _ command: WireCommand) {
        let id = command.session
        guard sessions[id] == nil else {
            return refuse(command, WireRefusal(.wrongState, "this node has that session already"))
        }
        log.notice(
            "prepare",
            metadata: [
                "session": "\(hex(id))", "operator": "\(order.operator)",
                "events": "\(order.events + order.count.counters)", "counts": "\(order.hasCount)",
                "probes": "\(order.probes)", "filters": "\(order.filters.map(\.text))",
                "triggers": "\(order.triggers.map(\.text))",
            ])
        let stream = SessionStream(
            session: id, budget: configuration.spoolBudget, onAppend: { [weak self] in self?.schedulePump() })
        let onDrained: @Sendable () -> Void = { [weak self] in
            guard let self else { return }
            self.loop.execute { self.assumeIsolated { $0.drained(id) } }
        }
        sessions[id] = AgentSession(
            stream: stream, operator: order.operator, kernel: order.hasCount ? counting : control,
            isCount: order.hasCount)
        let prepared =
            order.hasCount
            ? counting.prepare(
                order, session: id, stream: stream,
                send: { [weak self] frame in
                    guard let self else { return }
                    self.loop.execute { self.assumeIsolated { $0.offer(frame) } }
                }, onDrained: onDrained)
            : control.prepare(order, session: id, stream: stream, onDrained: onDrained)
        prepared.assumeIsolated().whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                switch result {
                case .success(let prepared):
                    if agent.sessions[id]?.state.prepared() == .tearDown { agent.tearDown(id) }
                    agent.answer(command, .prepared(prepared))
                case .failure(let error):
                    agent.sessions[id] = nil
                    agent.refuse(command, error)
                }
            }
        }
    }

    private func start(_ order: WireStart, _ command: WireCommand) {
        do {
            guard case .start(let moment) = try sessions[command.session]?.state.start(at: order.at),
                let kernel = sessions[command.session]?.kernel
            else {
                throw WireRefusal(.noSuchSession, "this node has no such session")
            }
            answer(command, kernel.start(command.session, at: moment)) { [weak self] started in
                self?.assumeIsolated { _ = $0.sessions[command.session]?.state.started() }
                return .started(started)
            }
        } catch {
            refuse(command, error)
        }
    }

    /// Finds out whether probes would work, and leaves none.
    private func check(_ order: WireCheckProbes, _ command: WireCommand) {
        log.notice("check probes", metadata: ["operator": "\(order.operator)", "probes": "\(order.probes)"])
        let checked = inventory.check(order)
        answer(command, checked) { .probesChecked($0) }
        checked.whenComplete { [weak self] _ in
            self?.assumeIsolated { agent in _ = agent.control.removeStaleProbes(isExpected: true) }
        }
    }

    /// - Parameter moment: of the trace clock, ns; 0 for at once.
    func stop(_ id: UInt64, at moment: Int64 = 0, answering command: WireCommand? = nil) {
        do {
            guard let kernel = sessions[id]?.kernel, let action = try sessions[id]?.state.stop() else {
                throw WireRefusal(.noSuchSession, "this node has no such session")
            }
            guard action == .stopAndDrain else {
                if let command { answer(command, .stopping(WireStopping())) }
                return
            }
            let stopped = kernel.stop(id, at: moment)
            if let command { answer(command, stopped) { .stopping($0) } }
        } catch {
            if let command { refuse(command, error) }
        }
    }

    /// All taps of a session have been read to the end.
    private func drained(_ id: UInt64) {
        guard let session = sessions[id], session.state.phase == .draining else { return }
        session.kernel.finish(id, reason: session.endReason).assumeIsolated().whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                if case .failure(let error) = result {
                    agent.log.error("a session did not end cleanly", metadata: ["reason": "\(error)"])
                    _ = agent.control.removeStaleProbes(isExpected: true)
                }
                _ = agent.sessions[id]?.state.drained()
                agent.dropIfDelivered(id)
                agent.pump()
            }
        }
    }

    func discard(_ id: UInt64, answering command: WireCommand? = nil) {
        switch sessions[id]?.state.discard() {
        case .tearDown: tearDown(id)
        case .forget: sessions[id] = nil
        default: break
        }
        if let command { answer(command, .discarded(WireDiscarded())) }
    }

    private func tearDown(_ id: UInt64) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.kernel.remove(id).whenFailure { [log, control] in
            log.error("an instance or a probe could not be removed", metadata: ["reason": "\($0)"])
            _ = control.removeStaleProbes(isExpected: true)
        }
    }

    // MARK: Answers

    private func answer<T: Sendable>(
        _ command: WireCommand, _ future: EventLoopFuture<T>,
        _ outcome: @escaping @Sendable (T) -> WireCommandReply.OneOf_Outcome
    ) {
        future.whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                switch result {
                case .success(let value): agent.answer(command, outcome(value))
                case .failure(let error): agent.refuse(command, error)
                }
            }
        }
    }

    private func answer(_ command: WireCommand, _ outcome: WireCommandReply.OneOf_Outcome) {
        var answer = WireCommandReply()
        answer.request = command.request
        answer.session = command.session
        answer.outcome = outcome
        send(.commandReply, answer)
    }

    private func refuse(_ command: WireCommand, _ error: any Error) {
        let refusal = error as? WireRefusal ?? WireRefusal(error)
        log.notice("refused", metadata: ["session": "\(hex(command.session))", "reason": "\(refusal.text)"])
        answer(command, .refusal(refusal))
    }

    func hex(_ session: UInt64) -> String { String(session, radix: 16) }
}
