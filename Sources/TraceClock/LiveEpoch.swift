/// The samples of a live clock since its last break.
struct LiveEpoch: Sendable {
    /// The front over every sample: finds contradictions.
    private(set) var leading: ConeFront
    /// The front over the samples that the path has passed.
    private var trailing: ConeFront?
    /// Samples beyond the path, in order of arrival: they bound a point between them from both sides.
    private var recent: [ClockSample]
    /// The latest agent time of a sample.
    private(set) var knownThrough: Int64

    init(_ sample: ClockSample) {
        leading = ConeFront(sample)
        recent = [sample]
        knownThrough = sample.agent
    }

    mutating func add(_ sample: ClockSample, frozenThrough: Int64?, _ rate: RateRange) {
        leading.add(sample, rate)
        knownThrough = max(knownThrough, sample.agent)
        if let frozenThrough, sample.agent <= frozenThrough {
            pass(sample, rate)
        } else {
            if recent.count >= LiveClock.recentCapacity { pass(recent.removeFirst(), rate) }
            recent.append(sample)
        }
    }

    /// The path has reached `agent`: samples up to it are needed only as a front.
    mutating func pass(through agent: Int64, _ rate: RateRange) {
        for sample in recent where sample.agent <= agent { pass(sample, rate) }
        recent.removeAll { $0.agent <= agent }
    }

    private mutating func pass(_ sample: ClockSample, _ rate: RateRange) {
        if trailing == nil { trailing = ConeFront(sample) } else { trailing?.add(sample, rate) }
    }

    /// The bound at agent time `time` from every sample kept.
    func bound(at time: Int64, _ rate: RateRange) -> ClockBound {
        var lower = trailing?.lower(at: time, rate) ?? .min
        var upper = trailing?.upper(at: time, rate) ?? .max
        for sample in recent {
            lower = max(lower, sample.lower(at: time, rate))
            upper = min(upper, sample.upper(at: time, rate))
        }
        return ClockBound(lower: lower, upper: upper)
    }

    /// The latest controller time (ns) that lies before agent time `time` by causality alone.
    func causalLower(at time: Int64) -> Int64 {
        var latest = Int64.min
        if let trailing {
            if trailing.lower.agent <= time { latest = max(latest, trailing.lower.causalLower) }
            if trailing.upper.agent <= time { latest = max(latest, trailing.upper.causalLower) }
        }
        for sample in recent where sample.agent <= time { latest = max(latest, sample.causalLower) }
        return latest
    }
}
