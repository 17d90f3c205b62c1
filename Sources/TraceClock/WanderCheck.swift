/// Whether a window's probes admit a rate range.
///
/// They refute it when no clock fits all of them, and when the bound is far narrower than the least round trip. The
/// second is an alarm, not a proof: a bound that holds the truth lies above it by the least delay of one direction and
/// below it by that of the other, and these two add up to nearly the least round trip where many probes are near it. A
/// rate that wanders more than it is allowed to makes the bound narrow before it makes it impossible.
struct WanderCheck {
    /// The bound may not be narrower than this, ns.
    let leastWidth: Int64

    /// - Parameters:
    ///   - stretches: the same samples, by the second.
    ///   - slack: a bound may be narrower than the network seems to allow by one part of so many.
    init(_ samples: [ClockSample], _ stretches: [QuietStretch], slack: Int64) {
        let widths = samples.filter { $0.lower != .min && $0.upper != .max }.map { $0.upper &- $0.lower }.sorted()
        guard let quickest = widths.first else {
            leastWidth = 0
            return
        }
        // Where few round trips come near the least one, the two least delays are seldom of one second.
        let isSteady = widths[widths.count / 10] <= quickest &+ quickest / 2
        // The two are seldom of one probe. In a second no clock moves by much, so its bound has both; that of a second
        // with a step may be narrower than they are.
        let seconds = stretches.map(\.width).sorted()
        let least = seconds.isEmpty ? quickest : min(quickest, Int64(max(seconds[seconds.count / 4], 0)))
        leastWidth = isSteady ? least &- least / slack : least / 2
    }

    func admits(_ envelope: EnvelopePass, _ samples: [ClockSample]) -> Bool {
        samples.indices.allSatisfy {
            let bound = envelope.bound(at: $0, samples)
            return bound.lower <= bound.upper && bound.upper &- bound.lower >= leastWidth
        }
    }
}
