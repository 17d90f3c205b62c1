/// The samples of a window under the assumption that the rate stays within an allowance of its mean there.
struct SteadyWindow: Sendable {
    private let window: [ClockSample]
    private let stretches: [QuietStretch]
    private let mean: (least: Int64, greatest: Int64)
    private let check: WanderCheck
    private let rate: RateRange
    private let wander: ClockWander
    /// The least allowance that the clock's own movements need.
    private let swing: Int64

    /// An allowance (slope, units of 2^-60) beyond which nothing is left to assume: 10 %.
    static let widest: Int64 = (1 << 60) / 10

    /// - Returns: nil when the window's probes are too few for a mean, or do not narrow `rate`.
    init?(_ window: [ClockSample], _ rate: RateRange, _ wander: ClockWander) {
        guard let mean = RefinedEpoch.meanSlope(window, EnvelopePass(window, rate)) else { return nil }
        self.window = window
        self.rate = rate
        self.wander = wander
        self.mean = mean
        stretches = QuietStretch.cut(window)
        check = WanderCheck(window, stretches, slack: 5)
        swing = ClockSwing(stretches).wander
        if stretches.isEmpty, RefinedEpoch.range(mean, wander: wander.slope, within: rate) == rate { return nil }
    }

    /// Whether no probe refutes the allowance, in the whole window: what contradicts it outside the block counts, too.
    func admits(_ allowance: Int64) -> Bool {
        guard swing <= allowance, let (samples, range) = samples(under: allowance) else { return false }
        return check.admits(EnvelopePass(samples, range), samples)
    }

    /// The samples with those that follow from pairs of them, and the range of rates; nil when no rate is in both the
    /// mean's range and the rate range.
    func samples(under allowance: Int64) -> (samples: [ClockSample], rate: RateRange)? {
        guard let range = RefinedEpoch.range(mean, wander: allowance, within: rate), let origin = window.first else {
            return nil
        }
        let chords = ChordBound(stretches, origin: origin, near: range) { [wander] time in
            // A rate that strays farther than stated may do it at once.
            allowance > wander.slope ? allowance : wander.share(of: allowance, over: time)
        }
        return (RefinedEpoch.ordered(window + chords.samples), range)
    }
}
