/// Watches the probes of a live clock for a rate outside of its range: long before two probes contradict each other.
struct DepartureWatch: Sendable {
    private(set) var samples: [ClockSample] = []
    /// The agent time (ns) of the last look.
    private var looked: Int64 = 0

    /// A minute at 20 probes a second.
    static let capacity = 1280
    /// Agent time between two looks, ns.
    static let interval: Int64 = 1_000_000_000

    /// Adds a sample; one that is older than the last is left out.
    ///
    /// - Returns: whether it is time to look.
    mutating func add(_ sample: ClockSample) -> Bool {
        guard sample.agent > samples.last?.agent ?? -1 else { return false }
        if samples.count >= Self.capacity { samples.removeFirst(Self.capacity / 4) }
        samples.append(sample)
        guard sample.agent &- looked >= Self.interval else { return false }
        looked = sample.agent
        return true
    }

    /// Whether the samples show the clock out of the range now, and the slopes (less 1) that it keeps to.
    func departure(from rate: RateRange) -> (isOut: Bool, slopes: ClosedRange<Double>?) {
        ClockSwing(QuietStretch.cut(samples)).newestDeparture(from: rate)
    }
}
