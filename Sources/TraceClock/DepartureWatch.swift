/// Watches the probes of a live clock for a rate outside of its range: long before two probes contradict each other.
struct DepartureWatch: Sendable {
    private var samples: [ClockSample] = []
    /// The agent time (ns) of the last look.
    private var looked: Int64 = 0

    /// A minute at 20 probes a second.
    static let capacity = 1280
    /// Agent time between two looks, ns.
    static let interval: Int64 = 1_000_000_000

    /// Adds a sample; one that is older than the last is left out.
    ///
    /// - Returns: what the samples show now; nil when it was not time to look.
    mutating func add(_ sample: ClockSample, _ rate: RateRange) -> (isOut: Bool, slopes: ClosedRange<Double>?)? {
        guard sample.agent > samples.last?.agent ?? -1 else { return nil }
        if samples.count >= Self.capacity { samples.removeFirst(Self.capacity / 4) }
        samples.append(sample)
        guard sample.agent &- looked >= Self.interval else { return nil }
        looked = sample.agent
        return ClockSwing(QuietStretch.cut(samples)).newestDeparture(from: rate)
    }
}
