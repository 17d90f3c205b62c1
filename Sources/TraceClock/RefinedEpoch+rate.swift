import Searching

extension RefinedEpoch {
    /// The certain range of the mean slope between an early and a late sample, less 1, in units of 2^-60.
    ///
    /// The samples are those with the tightest bounds in the first and in the last third of the time.
    static func meanSlope(_ samples: [ClockSample], _ envelope: EnvelopePass) -> (least: Int64, greatest: Int64)? {
        guard samples.count >= 6, let first = samples.first?.agent, let last = samples.last?.agent else { return nil }
        let third = (last &- first) / 3
        let early = samples.partitioningIndex { $0.agent > first &+ third }
        let late = samples.partitioningIndex { $0.agent >= last &- third }
        func tightest(_ range: Range<Int>) -> (agent: Int64, bound: ClockBound)? {
            range.lazy.map { (agent: samples[$0].agent, bound: envelope.bound(at: $0, samples)) }
                .min { ($0.bound.width ?? .max) < ($1.bound.width ?? .max) }
        }
        guard let early = tightest(0..<early), let late = tightest(late..<samples.count),
            early.bound.isBounded, late.bound.isBounded, late.agent > early.agent
        else { return nil }
        let run = Int128(late.agent) - Int128(early.agent)
        let unit = Int128(1) << 60
        let least = floorDivide((Int128(late.bound.lower) - Int128(early.bound.upper) - run) * unit, run)
        let greatest = -floorDivide(-(Int128(late.bound.upper) - Int128(early.bound.lower) - run) * unit, run)
        let limit = Int128(1) << 61
        return (Int64(max(min(least, limit), -limit)), Int64(max(min(greatest, limit), -limit)))
    }

    /// The range of slopes within `wander` (units of 2^-60, below 2^60) of the mean, no wider than `rate`.
    static func range(_ mean: (least: Int64, greatest: Int64), wander: Int64, within rate: RateRange) -> RateRange? {
        let least = max(mean.least &- wander, rate.leastSlope)
        let greatest = min(mean.greatest &+ wander, rate.greatestSlope)
        return least <= greatest ? RateRange(leastSlope: least, greatestSlope: greatest) : nil
    }

    /// A narrower envelope to run the estimate through, when the samples allow it, and the slope at its ends.
    static func guide(_ samples: [ClockSample], _ envelope: EnvelopePass) -> (EnvelopePass?, Int64?) {
        guard let mean = meanSlope(samples, envelope),
            let range = range(mean, wander: guessedWander, within: envelope.rate)
        else { return (nil, nil) }
        if let guess = GuessedSlope(samples) {
            let slope = min(max(guess.slope, range.leastSlope), range.greatestSlope)
            let allowance = guessedWander &+ guess.doubt
            let narrow = RateRange(
                leastSlope: max(slope &- allowance, range.leastSlope),
                greatestSlope: min(slope &+ allowance, range.greatestSlope))
            let envelope = EnvelopePass(samples, narrow)
            if envelope.isConsistent(samples) { return (envelope, slope) }
        }
        let slope = envelope.rate.clamp(slope: range.leastSlope / 2 + range.greatestSlope / 2)
        let narrow = EnvelopePass(samples, range)
        return (narrow.isConsistent(samples) ? narrow : nil, slope)
    }
}
