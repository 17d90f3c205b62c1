/// What the samples of a second or so say together: the two that bound the clock most narrowly.
///
/// The uppermost lower bound is that of the quickest way to the agent, the least upper one that of the quickest way
/// back. Doubles choose and compare here; what is certain is computed from the samples.
struct QuietStretch: Sendable {
    /// The sample with the highest lower side, and the one with the lowest upper side.
    let lower: ClockSample
    let upper: ClockSample
    /// Agent time (ns) for which `low` and `high` are.
    let center: Int64
    /// The two sides there: the controller's time less the agent's, relative to the first sample, ns.
    let low: Double
    let high: Double

    var width: Double { high - low }

    /// A stretch has so many samples, and lasts so long (ns), at least.
    static let samples = 16
    static let span: Int64 = 1_000_000_000
    /// The first probes of a node without a session are seconds apart: until there are two stretches, fewer samples and so
    /// long a time (ns) make one. That it had no quick sample on a way shows in its width.
    private static let sparse = (samples: 2, span: 4_000_000_000 as Int64)
    /// So many on each side tell how fast the clock runs in one.
    private static let near = 4

    /// Cuts samples that ascend in agent time. Where all of them fit in one stretch, or a side is unknown, there are none.
    static func cut(_ samples: [ClockSample]) -> [QuietStretch] {
        guard let origin = samples.first, samples.allSatisfy({ $0.lower != .min && $0.upper != .max }) else {
            return []
        }
        var ranges = Self.ranges(of: samples, Self.samples, lasting: Self.span)
        if ranges.count < 2 { ranges = Self.ranges(of: samples, sparse.samples, lasting: sparse.span) }
        guard ranges.count > 1 else { return [] }
        let middles = ranges.map { range in
            range.lazy.map { Middle(samples[$0], origin) }.min { $0.width < $1.width } ?? Middle(origin, origin)
        }
        return ranges.indices.map { index in
            let slope = Middle.slope(
                middles[max(index - near, 0)...max(index - 1, 0)],
                middles[min(index + 1, ranges.count - 1)...min(index + near, ranges.count - 1)])
            return QuietStretch(samples[ranges[index]], slope: slope, origin)
        }
    }

    /// Stretches of so many samples, and so long a time (ns), at least.
    private static func ranges(of samples: [ClockSample], _ least: Int, lasting span: Int64) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for index in samples.indices
        where index - start + 1 >= least && samples[index].agent &- samples[start].agent >= span {
            ranges.append(start..<index + 1)
            start = index + 1
        }
        // What is left is part of the last one.
        if let last = ranges.popLast() { ranges.append(last.lowerBound..<samples.count) }
        return ranges
    }

    private init(_ samples: ArraySlice<ClockSample>, slope: Double, _ origin: ClockSample) {
        let first = samples[samples.startIndex]
        center = first.agent &+ (samples[samples.endIndex - 1].agent &- first.agent) / 2
        var best = (low: -Double.infinity, high: Double.infinity, lower: first, upper: first)
        for sample in samples {
            let drift = slope * Double(sample.agent &- center)
            let low = Self.offset(sample.lower, sample.agent, origin) - drift
            let high = Self.offset(sample.upper, sample.agent, origin) - drift
            if low > best.low { (best.low, best.lower) = (low, sample) }
            if high < best.high { (best.high, best.upper) = (high, sample) }
        }
        (low, high, lower, upper) = best
    }

    /// A controller time less its agent time, relative to those of `origin`, ns.
    static func offset(_ controller: Int64, _ agent: Int64, _ origin: ClockSample) -> Double {
        Double((controller &- origin.lower) &- (agent &- origin.agent))
    }

    /// The quickest round trip of a stretch: where the clock may have been.
    private struct Middle {
        let agent: Int64
        let offset: Double
        let width: Double

        init(_ sample: ClockSample, _ origin: ClockSample) {
            let low = QuietStretch.offset(sample.lower, sample.agent, origin)
            agent = sample.agent
            width = Double(sample.upper &- sample.lower)
            offset = low + width / 2
        }

        /// Between the quickest of each.
        static func slope(_ before: ArraySlice<Middle>, _ after: ArraySlice<Middle>) -> Double {
            guard let first = before.min(by: { $0.width < $1.width }),
                let last = after.min(by: { $0.width < $1.width }),
                last.agent > first.agent
            else { return 0 }
            return (last.offset - first.offset) / Double(last.agent &- first.agent)
        }
    }
}
