import TraceProtocol

/// What the agent tells about its node.
extension Agent {
    /// Once accepted, and then every few seconds: what this process costs, and which list of events the node has.
    func tellVitals() {
        guard isAccepted else { return }
        inventory.catalogDigest().whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                var vitals = ProcessCost.current().vitals
                switch result {
                case .success(let digest): vitals.catalog = .init(digest)
                case .failure(let error):
                    agent.log.warning("the list of events cannot be read", metadata: ["reason": "\(error)"])
                }
                vitals.heldBytes = UInt64(agent.sessions.values.reduce(0) { $0 + $1.stream.bytes })
                agent.send(.vitals, vitals)
            }
        }
    }
}
