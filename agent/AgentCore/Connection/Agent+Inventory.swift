import NIOCore
import SystemFacts
import TraceProtocol

/// What the agent reports about its node.
extension Agent {
    /// Once accepted, and then every few seconds: what this process costs, and which list of events the node has.
    func sendVitals() {
        guard isAccepted else { return }
        inventory.catalogDigest().whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                if case .success(let digest) = result { agent.sentCatalog = digest }
                var vitals = agent.vitals
                switch result {
                case .success(let digest): vitals.catalog = .init(digest)
                case .failure(let error):
                    agent.log.warning("the list of events cannot be read", metadata: ["reason": "\(error)"])
                }
                agent.send(.vitals, vitals)
            }
        }
    }

    /// The list of events has changed since it was last told: it is told again at once. What somebody asks for in between
    /// would be of the old list.
    func checkCatalog() {
        guard isAccepted else { return }
        inventory.catalogDigest().whenSuccess { [weak self] digest in
            self?.assumeIsolated { agent in
                if digest != agent.sentCatalog { agent.sendVitals() }
            }
        }
    }

    /// What this process has cost so far.
    private var vitals: WireVitals {
        var vitals = ProcessCost.current().vitals
        let streams = sessions.values.map(\.stream)
        vitals.onlineCpus = UInt32((try? CPUList.online().cpus.count) ?? 0)
        vitals.heldBytes = UInt64(streams.reduce(0) { $0 + $1.bytes })
        vitals.memoryBytes = UInt64(streams.reduce(0) { $0 + $1.bytesInMemory })
        vitals.memoryLimit = UInt64(configuration.memory)
        vitals.spoolBytes = UInt64(spool?.used ?? 0)
        vitals.spoolLimit = UInt64(spool?.limit ?? 0)
        vitals.spoolFault = String((streams.lazy.map(\.diskFault).first { !$0.isEmpty } ?? "").prefix(300))
        vitals.credit = Int64(credit.balance)
        if streams.contains(where: \.isWaiting) {
            vitals.waitingMs = UInt64(clamping: standstill.waiting(now: now()).wholeMilliseconds)
        }
        vitals.fullMs = UInt64(clamping: standstill.full(now: now()).wholeMilliseconds)
        return vitals
    }

    /// Everything about this node and this agent. The reply takes a second, in which the busiest tasks are found.
    func describe() -> EventLoopFuture<WireNodeDescription> {
        let busiest = inventory.busiest()
        let state = inventory.describe(operators: sessions.mapValues(\.operator))
        // The sessions last: the controller puts what has arrived beside what they have recorded.
        return busiest.and(state).flatMap { [kernel] found in kernel.states().map { (found, $0) } }
            .assumeIsolated().map { [self] found, states in
                assumeIsolated { agent in
                    var description = found.1
                    description.busiest = found.0
                    description.sessions = states.map { agent.completed($0) }.sorted { $0.session < $1.session }
                    description.vitals = agent.vitals
                    description.log = agent.recent.lines.map { line in
                        .with {
                            $0.at = line.at.nanoseconds
                            $0.level = line.level.rawValue
                            $0.text = line.text
                        }
                    }
                    return description
                }
            }.nonisolated()
    }

    private func completed(_ state: WireSessionState) -> WireSessionState {
        var state = state
        state.operator = sessions[state.session]?.operator ?? ""
        state.heldBytes = UInt64(sessions[state.session]?.stream.bytes ?? 0)
        return state
    }
}
