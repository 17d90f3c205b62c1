import Searching

/// One stretch of a refined clock without a break: its samples, their envelope, and the estimate at each sample.
struct RefinedEpoch: Sendable {
    /// The agent times (ns) that this epoch maps.
    let first: Int64
    let last: Int64
    private(set) var samples: [ClockSample]
    private(set) var envelope: EnvelopePass
    var estimates: [Int64]
    /// The estimate may not fall below this: it is where the epoch before ended.
    var floor: Int64
    /// Whether the estimate keeps to the middle of the bound.
    let followsMessages: Bool
    /// The probes refute the stated wander, so the bound rests on a wider one.
    let isRefuted: Bool
    /// Slope of the guessed line, less 1, in units of 2^-60: used before the first sample and after the last.
    private(set) var slope: Int64

    /// A guess of how far an oscillator's rate wanders within an epoch: 2 ppm. It moves the estimate, not the bound.
    static let guessedWander: Int64 = (1 << 60) / 500_000

    /// `samples` is not empty.
    init(
        _ unordered: [ClockSample], first: Int64, last: Int64, floor: Int64, _ rate: RateRange, followsMessages: Bool,
        isRefuted: Bool = false
    ) {
        let samples = Self.trimmed(Self.ordered(unordered), first: first, last: last, rate)
        self.first = first
        self.last = last
        self.floor = floor
        self.followsMessages = followsMessages
        self.isRefuted = isRefuted
        self.samples = samples
        self.envelope = EnvelopePass(samples, rate)
        let (guided, slope) = followsMessages ? (nil, nil) : Self.guide(samples, envelope)
        self.slope = slope ?? rate.clamp(slope: 0)
        var highest = floor
        self.estimates = []
        estimates.reserveCapacity(samples.count)
        for index in samples.indices {
            let bound = envelope.bound(at: index, samples)
            let target = guided?.bound(at: index, samples).midpoint ?? bound.midpoint ?? samples[index].agent
            highest = max(highest, min(max(target, bound.lower), bound.upper))
            estimates.append(highest)
        }
    }

    /// Whether one clock can fit all samples.
    var isConsistent: Bool { envelope.isConsistent(samples) }

    /// The first sample at or after `time`, or the number of samples.
    func index(atOrAfter time: Int64) -> Int { samples.partitioningIndex { $0.agent >= time } }

    func segment(containing time: Int64, readingSpan: Int64) -> ClockSegment {
        let right = index(atOrAfter: time)
        let cones = envelope.cones(before: right, samples)
        let start = right == 0 ? first : max(first, samples[right - 1].agent &+ 1)
        let end = right == samples.count ? last : min(last, samples[right].agent)
        let line: ClockLine
        if right == 0 {
            line = ClockLine(through: samples[0].agent, estimates[0], slope: slope, fromZero: true)
        } else if right == samples.count {
            line = ClockLine(through: samples[right - 1].agent, estimates[right - 1], slope: slope, fromZero: false)
        } else {
            line = ClockLine(
                from: samples[right - 1].agent, estimates[right - 1], to: samples[right].agent, estimates[right])
        }
        let isRaised = floor > cones.lower(at: start, envelope.rate)
        return ClockSegment(
            first: start, last: end, line: line, rate: envelope.rate, cones: cones, readingSpan: readingSpan,
            mapping: isRaised ? .shown : .refined, isRefuted: isRefuted)
    }

    /// Samples in ascending agent time; those of one time become one.
    static func ordered(_ samples: [ClockSample]) -> [ClockSample] {
        var result: [ClockSample] = []
        result.reserveCapacity(samples.count)
        for sample in samples.sorted(by: { $0.agent < $1.agent }) {
            guard let last = result.last, last.agent == sample.agent else {
                result.append(sample)
                continue
            }
            result[result.count - 1].lower = max(last.lower, sample.lower)
            result[result.count - 1].upper = min(last.upper, sample.upper)
            result[result.count - 1].causalLower = max(last.causalLower, sample.causalLower)
        }
        return result
    }

    /// Moves what follows from samples outside the epoch's times to its ends.
    private static func trimmed(_ samples: [ClockSample], first: Int64, last: Int64, _ rate: RateRange) -> [ClockSample]
    {
        guard let head = samples.first, let tail = samples.last, head.agent < first || tail.agent > last else {
            return samples
        }
        let whole = EnvelopePass(samples, rate)
        func end(_ time: Int64) -> ClockSample {
            let cones = whole.cones(before: samples.firstIndex { $0.agent >= time } ?? samples.count, samples)
            return ClockSample(agent: time, lower: cones.lower(at: time, rate), upper: cones.upper(at: time, rate))
        }
        var result = samples.filter { $0.agent >= first && $0.agent <= last }
        if head.agent < first { result.insert(end(first), at: 0) }
        if tail.agent > last { result.append(end(last)) }
        return ordered(result)
    }
}
