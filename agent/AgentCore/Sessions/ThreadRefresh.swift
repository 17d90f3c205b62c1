import SystemFacts

/// Which sessions' lists of excluded threads are brought up to date when. No I/O; time is an argument.
///
/// A change of one list makes the kernel wait for all its readers, 20 to 130 ms, under a lock that starts and stops
/// need too. So a turn changes lists only until `budget` is used up, and the next one goes on where it ended.
struct ThreadRefresh {
    /// Of one turn. The list that exceeds it is still changed.
    static let budget = Duration.milliseconds(100)
    /// Between two turns.
    static let interval = Duration.seconds(1)

    private var lastTurn: MonotonicRawInstant?
    /// The session that was served last.
    private var last: UInt64 = 0

    /// Whether a change is made known at once. During a burst of changes it waits for the next turn.
    func isDue(at now: MonotonicRawInstant) -> Bool {
        lastTurn.map { $0.duration(to: now) >= Self.interval } ?? true
    }

    /// The sessions in the order of this turn.
    mutating func begin(_ sessions: some Sequence<UInt64>, at now: MonotonicRawInstant) -> [UInt64] {
        lastTurn = now
        let sorted = sessions.sorted()
        let next = sorted.firstIndex { $0 > last } ?? 0
        return Array(sorted[next...] + sorted[..<next])
    }

    /// A list was looked at.
    ///
    /// - Returns: whether the turn goes on.
    mutating func served(_ session: UInt64, at now: MonotonicRawInstant) -> Bool {
        last = session
        return lastTurn.map { $0.duration(to: now) < Self.budget } ?? false
    }
}
