/// The tightest bounds of one epoch: for each sample, which sample dominates it from either side.
///
/// The lower envelope is the maximum of all cones, forward ones rising with `s0` and backward ones falling with `s1`.
/// The slopes of both envelopes lie within the rate range, so each is itself a clock that fits every sample. Every
/// other such clock stays between the two. So no tighter bound holds.
struct EnvelopePass: Sendable {
    let rate: RateRange
    /// Index of the dominating sample at or before each sample, and at or after it.
    private(set) var lowerBefore: [Int32]
    private(set) var upperBefore: [Int32]
    private(set) var lowerAfter: [Int32]
    private(set) var upperAfter: [Int32]

    /// `samples` ascend in agent time, each time once.
    init(_ samples: [ClockSample], _ rate: RateRange) {
        self.rate = rate
        let order = Array(Int32(0)..<Int32(clamping: samples.count))
        (lowerBefore, upperBefore, lowerAfter, upperAfter) = (order, order, order, order)
        for index in samples.indices.dropFirst() {
            let (low, high) = (Int(lowerBefore[index - 1]), Int(upperBefore[index - 1]))
            if !ConeFront.lowerDominates(samples[index], samples[low], rate) { lowerBefore[index] = Int32(low) }
            if !ConeFront.upperDominates(samples[index], samples[high], rate) { upperBefore[index] = Int32(high) }
        }
        for index in samples.indices.dropLast().reversed() {
            let (low, high) = (Int(lowerAfter[index + 1]), Int(upperAfter[index + 1]))
            if !Self.lowerDominatesBackwards(samples[index], samples[low], rate) { lowerAfter[index] = Int32(low) }
            if !Self.upperDominatesBackwards(samples[index], samples[high], rate) { upperAfter[index] = Int32(high) }
        }
    }

    /// The bound at the sample with `index`.
    func bound(at index: Int, _ samples: [ClockSample]) -> ClockBound {
        let time = samples[index].agent
        return ClockBound(
            lower: max(
                samples[Int(lowerBefore[index])].lower(at: time, rate),
                samples[Int(lowerAfter[index])].lower(at: time, rate)),
            upper: min(
                samples[Int(upperBefore[index])].upper(at: time, rate),
                samples[Int(upperAfter[index])].upper(at: time, rate)))
    }

    /// Whether one clock can fit all samples.
    func isConsistent(_ samples: [ClockSample]) -> Bool {
        samples.indices.allSatisfy {
            let bound = bound(at: $0, samples)
            return bound.lower <= bound.upper
        }
    }

    /// The cones of the stretch between the samples `index - 1` and `index`, either of which may not exist.
    func cones(before index: Int, _ samples: [ClockSample]) -> ClockCones {
        var cones = ClockCones()
        if index > 0 {
            cones.setBefore(
                lower: samples[Int(lowerBefore[index - 1])], upper: samples[Int(upperBefore[index - 1])])
        }
        if index < samples.count {
            cones.setAfter(lower: samples[Int(lowerAfter[index])], upper: samples[Int(upperAfter[index])])
        }
        return cones
    }

    /// Backwards in time, lower cones fall with `s1` ...
    private static func lowerDominatesBackwards(_ a: ClockSample, _ b: ClockSample, _ rate: RateRange) -> Bool {
        guard a.lower != .min else { return b.lower == .min }
        guard b.lower != .min else { return true }
        return ConeFront.isAbove(a.lower, a.agent, b.lower, b.agent, slope: rate.greatestSlope)
    }

    /// ... and upper cones with `s0`.
    private static func upperDominatesBackwards(_ a: ClockSample, _ b: ClockSample, _ rate: RateRange) -> Bool {
        guard a.upper != .max else { return b.upper == .max }
        guard b.upper != .max else { return true }
        return ConeFront.isAbove(b.upper, b.agent, a.upper, a.agent, slope: rate.leastSlope)
    }
}
