/// A bound that is far narrower than the network allows cannot hold the truth.
///
/// A bound that holds it lies above it by the least delay of one direction and below it by that of the other. These two
/// add up to nearly the least round trip, once there are many probes. A rate outside the range makes the bound narrow
/// before it makes it impossible.
struct NarrowBoundAlarm: Sendable {
    private var least = Int64.max
    private var count = 0
    /// The agent time (ns) when the bound was last as wide as the network allows, or the first sample's.
    private var wide: Int64?

    /// So many round trips, at least, make the least one a measure.
    static let leastCount = 32

    mutating func add(_ sample: ClockSample) {
        guard sample.lower != .min, sample.upper != .max else { return }
        least = min(least, sample.upper &- sample.lower)
        count += 1
        if wide == nil { wide = sample.agent }
    }

    /// A bound that holds the truth is not narrower (ns); nil while that is not known.
    var leastWidth: Int64? { count >= Self.leastCount ? least / 2 : nil }

    /// Looks at the bound for an agent time (ns).
    ///
    /// - Returns: the agent time (ns, positive) that it took to narrow so far; nil for a width that can be: at least half
    ///   of the least round trip.
    mutating func look(_ bound: ClockBound, at agentTime: Int64) -> Int64? {
        guard let leastWidth, let width = bound.width, let since = wide else { return nil }
        if width >= least &- least / 4 { wide = agentTime }
        guard width < leastWidth else { return nil }
        // From three quarters to a half took as long as to there.
        return max(2 &* (agentTime &- since), 1)
    }
}
