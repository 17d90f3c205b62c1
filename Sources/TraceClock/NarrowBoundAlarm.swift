/// A bound that is far narrower than the network allows cannot hold the truth.
///
/// A bound that holds it lies above it by the least delay of one direction and below it by that of the other. These two
/// add up to nearly the least round trip, once there are many probes. A rate outside the range makes the bound narrow
/// before it makes it impossible.
struct NarrowBoundAlarm: Sendable {
    private var least = Int64.max
    private var count = 0
    private var first: Int64?

    /// So many round trips, at least, make the least one a measure.
    static let leastCount = 32

    mutating func add(_ sample: ClockSample) {
        guard sample.lower != .min, sample.upper != .max else { return }
        least = min(least, sample.upper &- sample.lower)
        count += 1
        if first == nil { first = sample.agent }
    }

    /// Half of the width is less than half of what half the least round trip would be.
    func isRaised(by bound: ClockBound) -> Bool {
        count >= Self.leastCount && (bound.width ?? .max) < least / 2
    }

    /// The agent time (ns) over which it was watched.
    func span(to sample: ClockSample) -> Int64 { first.map { max(sample.agent &- $0, 1) } ?? 1 }
}
