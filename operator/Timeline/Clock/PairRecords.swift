import TraceClock
import TraceProtocol

/// The pairs of a node's log: all of a few hours, of more the narrower one of each two.
struct PairRecords {
    private var kept: [ClockPair] = []
    private var best: ClockPair?
    private var thinning = 1
    private var pending = 0

    var isEmpty: Bool { kept.isEmpty && best == nil }
    var all: [ClockPair] { kept + (best.map { [$0] } ?? []) }

    mutating func add(_ pair: ClockPair) {
        best = best.map { Self.narrower($0, pair) } ?? pair
        pending += 1
        guard pending == thinning, let best else { return }
        kept.append(best)
        (self.best, pending) = (nil, 0)
        guard kept.count >= ClockRecords.capacity else { return }
        kept = stride(from: 0, to: kept.count - 1, by: 2).map { Self.narrower(kept[$0], kept[$0 + 1]) }
        thinning *= 2
    }

    private static func narrower(_ one: ClockPair, _ other: ClockPair) -> ClockPair {
        other.after &- other.before < one.after &- one.before ? other : one
    }
}

extension WireNodeMetadata {
    /// What it says of the trace clock, where that is not the agent's.
    var clockPairs: [ClockPair] {
        clockReadings.map { ClockPair(before: $0.before, clock: $0.clock, after: $0.after) }
    }
}
