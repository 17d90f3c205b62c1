import SystemFacts

/// How often a node sends totals that nobody waits for: they are there in case the node is lost. With call stacks they
/// have the text of each, some MB, so the larger they are, the more seldom they go.
struct StackTotalsPace {
    private var due: MonotonicRawInstant?

    /// Bytes a second, on average, of each session.
    static let bytesPerSecond = 64 << 10

    func isDue(at now: MonotonicRawInstant) -> Bool { due.map { now >= $0 } ?? true }

    /// - Parameter bytes: of totals that are sent now.
    mutating func sent(bytes: Int, at now: MonotonicRawInstant) {
        due = now.advanced(by: .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(Self.bytesPerSecond)))
    }
}
