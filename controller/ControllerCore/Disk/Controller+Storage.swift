import NIOCore

/// What storage reports, on the controller's loop.
extension Controller {
    /// Begins to listen to storage. Once, before anything else.
    func begin() {
        let loop = loop
        storage.report(
            to: StorageReceiver(
                progress: { [weak self] progress in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.stored(progress) } }
                },
                ended: { [weak self] session, node, excess in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.traced(session)?.exceeded(node, excess) } }
                },
                paused: { [weak self] session, node, error in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.traced(session)?.paused(node, error) } }
                },
                resumed: { [weak self] session, node, sequence in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.traced(session)?.resumed(node, after: sequence) } }
                }))
    }

    private func stored(_ progress: [StorageProgress]) {
        let links = Set(progress.lazy.map(\.name)).compactMap { nodes[$0]?.link }
        for link in links { link.gather() }
        defer { for link in links { link.sendGathered() } }
        for step in progress {
            // Credit is the connection's: it comes back whatever has become of the session.
            nodes[step.name]?.stored(step.bytes)
            traced(step.session)?.stored(step)
            // It waits for this, unless an earlier connection is being asked whether it is alive.
            if let node = nodes[step.name], node.link == nil, let newcomer = node.newcomer { succeed(newcomer) }
        }
    }

    private func traced(_ session: UInt64) -> TracedSession? { sessions[session] as? TracedSession }
}
