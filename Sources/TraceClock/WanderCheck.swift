/// Whether a window's probes admit a rate range.
///
/// They refute it when no clock fits all of them, and when the bound is far narrower than the least round trip. The
/// second is an alarm, not a proof: a bound that holds the truth lies above it by the least delay of one direction and
/// below it by that of the other, and these two add up to nearly the least round trip where many probes are near it. A
/// rate that wanders more than it is allowed to makes the bound narrow before it makes it impossible.
struct WanderCheck {
    /// The bound may not be narrower than this, ns.
    private let leastWidth: Int64

    init(_ samples: [ClockSample]) {
        let widths = samples.filter { $0.lower != .min && $0.upper != .max }.map { $0.upper &- $0.lower }.sorted()
        guard let least = widths.first else {
            leastWidth = 0
            return
        }
        // Where few round trips come near the least one, the two least delays are seldom of one probe.
        let isSteady = widths[widths.count / 10] <= least &+ least / 2
        leastWidth = isSteady ? least / 10 &* 8 : least / 10 &* 5
    }

    func admits(_ envelope: EnvelopePass, _ samples: [ClockSample]) -> Bool {
        samples.indices.allSatisfy {
            let bound = envelope.bound(at: $0, samples)
            return bound.lower <= bound.upper && bound.upper &- bound.lower >= leastWidth
        }
    }
}
