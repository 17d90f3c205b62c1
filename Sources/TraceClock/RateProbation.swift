/// The rate range of one clock: the stated one, or a wider one after the probes have refuted it.
///
/// A contradiction between two probes proves that the clock stepped, or that its rate lay outside the range. It does not
/// show which. So the range widens, to what the probes show and a margin, and what rests on it is `degraded`. It is the
/// stated one again when probes have agreed with that for `cleanTime`: a clock whose rate stays outside contradicts the
/// stated range again and again, and its times stay `degraded`.
struct RateProbation: Sendable {
    private let stated: RateRange
    /// Half the width of the present range, ppm.
    private var partsPerMillion: Int
    /// What bounds rest on now.
    private(set) var rate: RateRange
    /// The probes that agree with the stated range, since the last one that did not; nil outside of a probation.
    private(set) var clean: ConeFront?
    /// Agent time (ns) of the first of them.
    private(set) var cleanSince: Int64 = 0
    private var cleanTime = Self.leastCleanTime

    /// How long (ns) probes must agree with the stated range, at least: 10 s. Ten times the time between the two probes
    /// of the contradiction, where that is longer: a rate that stays outside would show again in about that time.
    static let leastCleanTime: Int64 = 10_000_000_000
    static let mostCleanTime: Int64 = 3_600_000_000_000

    init(_ stated: RateRange) {
        self.stated = stated
        rate = stated
        partsPerMillion = Self.width(stated)
    }

    private static func width(_ rate: RateRange) -> Int {
        let range = rate.agentPartsPerMillion
        return max(1, Int(max(-range.lowerBound, range.upperBound).rounded(.up)))
    }

    /// The range, where it is not the stated one.
    var widened: RateRange? { clean == nil ? nil : rate }

    /// Two probes contradict each other, or what they show cannot be true.
    ///
    /// - Parameters:
    ///   - span: the time between the two, ns of the agent's clock.
    ///   - excess: by how much they do, ns.
    ///   - sample: the one that shows it.
    mutating func begin(span: Int64, excess: Int64, _ sample: ClockSample) {
        let span = max(span, 1)
        let shown = Int128(partsPerMillion) + (Int128(excess) * 1_000_000 + Int128(span) - 1) / Int128(span)
        // A step looks like a very wrong rate, and is one contradiction: only a second one shows that it was the rate.
        let most = clean == nil ? 4 * Int128(partsPerMillion) : 100_000
        let wider = max(2 * Int128(partsPerMillion), min(shown + shown / 4, most))
        partsPerMillion = Int(min(wider, 100_000))
        rate = RateRange(partsPerMillion: partsPerMillion) ?? stated
        cleanTime = min(max(Self.leastCleanTime, 10 &* min(span, Self.mostCleanTime)), Self.mostCleanTime)
        restart(sample)
    }

    /// Probes show a rate outside of the stated range, or a step, that contradicts nothing yet.
    ///
    /// - Parameters:
    ///   - slopes: what the clock keeps to, less 1; nil where it does not show.
    ///   - sample: the newest of the probes.
    mutating func suspect(_ slopes: ClosedRange<Double>?, _ sample: ClockSample) {
        if let slopes {
            rate = stated.widened(to: slopes)
            partsPerMillion = Self.width(rate)
        }
        restart(sample)
    }

    private mutating func restart(_ sample: ClockSample) {
        clean = ConeFront(sample)
        cleanSince = sample.agent
    }

    /// Adds a probe that does not contradict the present range.
    ///
    /// - Parameter leastWidth: what a bound must have that holds the truth (ns): the clock stepped again, or its rate is
    ///   still another one, if those on the stated range have less.
    /// - Returns: the probes that the stated range rests on from now on, when it holds again.
    mutating func add(_ sample: ClockSample, leastWidth: Int64?) -> ConeFront? {
        guard var front = clean else { return nil }
        let isContradicted = front.contradiction(with: sample, stated) != nil
        front.add(sample, stated)
        if isContradicted || front.isNarrower(than: leastWidth, at: sample.agent, stated) {
            restart(sample)
            return nil
        }
        clean = front
        guard sample.agent &- cleanSince >= cleanTime else { return nil }
        clean = nil
        rate = stated
        partsPerMillion = Self.width(stated)
        cleanTime = Self.leastCleanTime
        return front
    }
}

extension ConeFront {
    fileprivate func isNarrower(than width: Int64?, at time: Int64, _ rate: RateRange) -> Bool {
        guard let width else { return false }
        let (lower, upper) = (lower(at: time, rate), upper(at: time, rate))
        return lower != .min && upper != .max && upper &- lower < width
    }
}
