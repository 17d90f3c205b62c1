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
                failed: { [weak self] session, node, error in
                    guard let self else { return }
                    loop.execute { self.assumeIsolated { $0.storageFailed(session, node, error) } }
                }))
    }

    private func stored(_ progress: [StorageProgress]) {
        let links = Set(progress.lazy.map(\.name)).compactMap { nodes[$0]?.link }
        for link in links { link.gather() }
        defer { for link in links { link.sendGathered() } }
        for step in progress {
            // Credit is the connection's: it comes back whatever has become of the session.
            nodes[step.name]?.stored(step.bytes)
            (sessions[step.session] as? TracedSession)?.stored(step)
        }
    }

    private func storageFailed(_ session: UInt64, _ node: Int, _ error: any Error) {
        guard let session = sessions[session] as? TracedSession else { return }
        if let excess = error as? DiskQuotaExceeded { return session.exceeded(node, excess) }
        session.storageFailed(node, error)
    }
}
