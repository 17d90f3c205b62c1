import Searching

/// Where a clock did what the assumptions do not allow: its times there are `degraded`, until clean probes cover a while.
struct ClockDoubts: Sendable, Equatable {
    /// Agent times (ns), ascending and apart from each other.
    private(set) var spans: [ClosedRange<Int64>] = []

    /// How long probes must show nothing before times are certain again, ns.
    static let clean: Int64 = 2_000_000_000
    /// How far before it shows something may have begun, ns.
    static let earlier: Int64 = 1_000_000_000

    /// What is around contradictions, and where the probes of an epoch show that its clock left the rate range.
    init(_ split: EpochSplit, _ rate: RateRange) {
        var found: [ClosedRange<Int64>] = split.breaks.compactMap { found in
            guard case .contradiction = found.reason else { return nil }
            return found.after...max(found.after, found.before ?? found.after)
        }
        for epoch in split.epochs {
            found += ClockSwing(QuietStretch.cut(RefinedEpoch.ordered(epoch.samples))).departures(from: rate)
        }
        for span in found.map(Self.around).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = spans.last, span.lowerBound <= last.upperBound {
                spans[spans.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
            } else {
                spans.append(span)
            }
        }
    }

    private static func around(_ span: ClosedRange<Int64>) -> ClosedRange<Int64> {
        max(span.lowerBound, earlier) - earlier...span.upperBound &+ clean
    }

    /// Whether one of `first` ... `last` (agent times, ns) is doubted.
    func overlaps(_ first: Int64, _ last: Int64) -> Bool {
        let index = spans.partitioningIndex { $0.upperBound >= first }
        return index < spans.count && spans[index].lowerBound <= last
    }
}

extension ClockSegment {
    /// The same, `degraded` when a part of it is doubted.
    func refuted(in doubts: ClockDoubts) -> ClockSegment {
        guard !isRefuted, doubts.overlaps(first, last) else { return self }
        return ClockSegment(
            first: first, last: last, line: line, rate: rate, cones: cones, readingSpan: readingSpan, mapping: mapping,
            isRefuted: true)
    }
}

extension ClockAssumptions {
    /// With a rate range that holds the rates which the clock kept to, as its probes show them.
    func adapted(to probes: [ClockProbe]) -> ClockAssumptions {
        var samples: [ClockSample] = []
        samples.reserveCapacity(probes.count)
        for probe in probes.sorted(by: { $0.t1 < $1.t1 })
        where probe.t3 > samples.last?.agent ?? -1 && (try? probe.validated(under: self)) != nil {
            samples.append(ClockSample(unchecked: probe, self))
        }
        guard let slopes = ClockSwing(QuietStretch.cut(samples)).slopes(outside: rate) else { return self }
        return ClockAssumptions(
            rate: rate.widened(to: slopes), agentResolution: agentResolution, controllerResolution: controllerResolution
        )
    }
}

extension RateRange {
    /// The slopes less 1.
    var slopes: ClosedRange<Double> {
        let unit = Double(1 << 60 as Int64)
        return Double(leastSlope) / unit...Double(greatestSlope) / unit
    }

    /// The range with these slopes (less 1) in it, and a margin of 100 ppm and a tenth, up to 10 %.
    func widened(to slopes: ClosedRange<Double>) -> RateRange {
        let unit = Double(1 << 60 as Int64)
        func margin(_ slope: Double) -> Double { 100e-6 + abs(slope) / 10 }
        let least = max(slopes.lowerBound - margin(slopes.lowerBound), -0.1)
        let greatest = min(slopes.upperBound + margin(slopes.upperBound), 0.1)
        return covering(RateRange(leastSlope: Int64(least * unit), greatestSlope: Int64(greatest * unit)))
    }
}
