/// The samples of an epoch that bound everything after them: the highest rising lower cone and the lowest upper one.
///
/// Lower cones all rise with the same slope `s0`, so one of them dominates from the newest sample on, and the same
/// holds for the upper ones with `s1`. The front keeps the sample itself, not a value carried from sample to sample, so
/// a bound is rounded once, however many probes there were.
struct ConeFront: Sendable {
    private(set) var lower: ClockSample
    private(set) var upper: ClockSample

    init(_ sample: ClockSample) {
        self.lower = sample
        self.upper = sample
    }

    /// Adds `sample`; it may be older than those already here.
    mutating func add(_ sample: ClockSample, _ rate: RateRange) {
        if Self.lowerDominates(sample, lower, rate) { lower = sample }
        if Self.upperDominates(sample, upper, rate) { upper = sample }
    }

    func lower(at time: Int64, _ rate: RateRange) -> Int64 { lower.lower(at: time, rate) }
    func upper(at time: Int64, _ rate: RateRange) -> Int64 { upper.upper(at: time, rate) }

    /// Proof that no clock within the rate range fits both this front and `sample`.
    func contradiction(with sample: ClockSample, _ rate: RateRange) -> Contradiction? {
        let least = lower(at: sample.agent, rate)
        if least > sample.upper { return Contradiction(since: lower.agent, excess: least &- sample.upper) }
        let greatest = upper(at: sample.agent, rate)
        if sample.lower > greatest { return Contradiction(since: upper.agent, excess: sample.lower &- greatest) }
        return nil
    }

    struct Contradiction: Sendable, Hashable {
        /// Agent time of the older sample: the break lies between it and the new one.
        let since: Int64
        /// By how much the two contradict each other, ns.
        let excess: Int64
    }

    /// Whether the lower cone of `a` lies on or above that of `b` where both rise, compared without rounding.
    static func lowerDominates(_ a: ClockSample, _ b: ClockSample, _ rate: RateRange) -> Bool {
        guard a.lower != .min else { return b.lower == .min }
        guard b.lower != .min else { return true }
        return isAbove(a.lower, a.agent, b.lower, b.agent, slope: rate.leastSlope)
    }

    /// Whether the upper cone of `a` lies on or below that of `b` where both rise, compared without rounding.
    static func upperDominates(_ a: ClockSample, _ b: ClockSample, _ rate: RateRange) -> Bool {
        guard a.upper != .max else { return b.upper == .max }
        guard b.upper != .max else { return true }
        return isAbove(b.upper, b.agent, a.upper, a.agent, slope: rate.greatestSlope)
    }

    /// Whether the line through (`aAgent`, `aValue`) runs on or above that through (`bAgent`, `bValue`).
    ///
    /// Both have the slope 1 + `slope` * 2^-60; 2^63 * 2^60 and 2^61 * 2^61 stay well inside 128 bits.
    static func isAbove(_ aValue: Int64, _ aAgent: Int64, _ bValue: Int64, _ bAgent: Int64, slope: Int64) -> Bool {
        let unit = Int128(1) << 60
        return (Int128(aValue) - Int128(bValue)) * unit >= (Int128(aAgent) - Int128(bAgent)) * (unit + Int128(slope))
    }
}
