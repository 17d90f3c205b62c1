/// Keeps a reading that may be costly (the kernel prints `saved_cmdlines` anew each time, thousands of lines where
/// somebody has enlarged it) within a share of the time.
///
/// Times are ns of any one monotonic clock.
struct ReadingPace: Sendable {
    /// A reading that took t is not repeated before t times this has passed.
    private static let rest: UInt64 = 20

    /// And is repeated after this at the latest: watermarks wait for it, and live lines for them.
    private static let longestRest: UInt64 = 100_000_000

    private var next: UInt64 = 0

    func isDue(at now: UInt64) -> Bool {
        now >= next
    }

    mutating func read(from start: UInt64, to end: UInt64) {
        next = end &+ min((end &- start) &* Self.rest, Self.longestRest)
    }
}
