import SessionStore

/// Samples of the nodes' clocks in their logs.
extension TracedSession {
    /// A second of them.
    private static let mostSamples = 20

    /// Adds a sample to a node's log, soon.
    func add(_ sample: LogRecord, _ index: Int) {
        let isLive = flow.isLive(index)
        guard isLive || isClockOwed(index) else { return }
        logs[index].samples.append(sample)
        // Watermarks come more often than that, but for a node that hangs. Of one that has ended nothing else comes.
        if !isLive || logs[index].samples.count >= Self.mostSamples { appendSamples(index) }
    }

    /// A node that comes back to a restarted controller may send everything before its clock is measured. Without any
    /// sample readers could not place its events, and would not know when it stopped.
    private func isClockOwed(_ index: Int) -> Bool {
        !logs[index].hasClock && isFinished(index) && !parts[index].isReplaced && flow.phase != .ended
    }

    func appendSamples(_ index: Int) {
        guard !logs[index].samples.isEmpty else { return }
        logs[index].hasClock = true
        for sample in logs[index].samples { storage.append(sample, session: id, node: index, sequence: 0) }
        logs[index].samples.removeAll(keepingCapacity: true)
    }
}
