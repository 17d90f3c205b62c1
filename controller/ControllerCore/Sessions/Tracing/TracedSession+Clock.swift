import SessionStore

/// Samples of the nodes' clocks in their logs.
extension TracedSession {
    /// A second of them.
    private static let mostSamples = 20

    /// Adds a sample to a node's log, soon.
    func add(_ sample: LogRecord, _ index: Int) {
        let isLive = flow.isLive(index)
        guard isLive || isMeasuredOnceMore || isClockOwed(index) else { return }
        logs[index].samples.append(sample)
        // Watermarks come more often than that, but for a node that hangs. Of one that has ended nothing else comes.
        if !isLive || logs[index].samples.count >= Self.mostSamples { appendSamples(index) }
    }

    /// A node that comes back to a restarted controller may send everything before its clock is measured. Without any
    /// sample readers could not place its events, and would not know when it stopped.
    private func isClockOwed(_ index: Int) -> Bool {
        !logs[index].hasClock && isFinished(index) && !parts[index].isReplaced && flow.phase != .ended
    }

    /// While events were on their way, probes may have waited behind them. Now that the paths are empty some more are
    /// made, so that everything before them lies between good probes.
    func measureOnceMore(_ then: @escaping () -> Void) {
        let waits = parts.indices.compactMap { isFinished($0) ? parts[$0].node.measureClock() : nil }
        guard let longest = waits.max() else { return then() }
        isMeasuredOnceMore = true
        environment.after(min(longest, Self.longestMeasuring)) { [self] in
            isMeasuredOnceMore = false
            then()
        }
    }

    /// The end of a session does not wait longer for probes.
    private static let longestMeasuring = Duration.seconds(1)

    func appendSamples(_ index: Int) {
        guard !logs[index].samples.isEmpty else { return }
        logs[index].hasClock = true
        for sample in logs[index].samples { storage.append(sample, session: id, node: index, sequence: 0) }
        logs[index].samples.removeAll(keepingCapacity: true)
    }
}
