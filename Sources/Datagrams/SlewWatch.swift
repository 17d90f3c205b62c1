/// How far CLOCK_MONOTONIC was slewed lately, by what the kernel stated at each reading and by the readings themselves. No
/// I/O; reads no clock.
///
/// What somebody sets and takes back between two readings, without moving the clock in all, is not seen.
struct SlewWatch: Sendable {
    private var last: ClockReading
    /// The steepest that was stated since `began`, and in the time before.
    private var steepest: SlewLimit
    private var earlier: SlewLimit
    private var began: Int64

    /// The kernel goes on for up to a second with what it was told to make up for (ns of CLOCK_MONOTONIC_RAW).
    private static let period: Int64 = 2_000_000_000
    /// What is known covers as much time (ns) before the last reading.
    static let memory: Int64 = 1_000_000_000

    init(_ reading: ClockReading) {
        last = reading
        steepest = reading.slewing
        earlier = .greatest
        began = reading.rawAfter
    }

    /// Looks at one more reading.
    ///
    /// - Returns: what slewed the clock at most during the last second before it.
    mutating func add(_ reading: ClockReading) -> SlewLimit {
        if reading.rawAfter - began > Self.period {
            (earlier, steepest, began) = (steepest, reading.slewing, reading.rawAfter)
        } else {
            steepest = max(steepest, reading.slewing)
        }
        // Something else may move the clock, or did between the two.
        if !max(steepest, earlier).allows(last, reading) { steepest = .greatest }
        last = reading
        return max(steepest, earlier)
    }
}

extension SlewLimit {
    /// Whether the clocks can have moved from one reading to the other.
    fileprivate func allows(_ a: ClockReading, _ b: ClockReading) -> Bool {
        let least = b.monotonicBefore - a.monotonicAfter - 1
        let most = b.monotonicAfter - a.monotonicBefore + 1
        return leastRaw(max(least, 0)) <= b.rawAfter - a.rawBefore + 1
            && b.rawBefore - a.rawAfter - 1 <= greatestRaw(max(most, 0))
    }
}
