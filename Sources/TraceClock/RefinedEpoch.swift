/// One stretch of a refined clock without a break: its knots, their envelope, and the estimate at each knot.
struct RefinedEpoch: Sendable {
    /// The agent times (ns) that this epoch maps.
    let first: Int64
    let last: Int64
    private(set) var knots: [ClockKnot]
    private(set) var envelope: EnvelopePass
    private(set) var estimates: [Int64]
    /// The estimate may not fall below this: it is where the epoch before ended.
    let floor: Int64
    /// Whether the estimate keeps to the middle of the bound.
    let followsMessages: Bool
    /// Slope of the guessed line, less 1, in units of 2^-60: used before the first knot and after the last.
    private(set) var slope: Int64

    /// How far an oscillator's rate is guessed to wander within an epoch: 2 ppm. Moves the estimate, not the bound.
    static let guessedWander: Int64 = (1 << 60) / 500_000

    /// `knots` is not empty.
    init(_ unordered: [ClockKnot], first: Int64, last: Int64, floor: Int64, _ rate: RateRange, followsMessages: Bool) {
        let knots = Self.trimmed(Self.ordered(unordered), first: first, last: last, rate)
        self.first = first
        self.last = last
        self.floor = floor
        self.followsMessages = followsMessages
        self.knots = knots
        self.envelope = EnvelopePass(knots, rate)
        let (guided, slope) = followsMessages ? (nil, nil) : Self.guide(knots, envelope)
        self.slope = slope ?? rate.clamp(slope: 0)
        var highest = floor
        self.estimates = []
        estimates.reserveCapacity(knots.count)
        for index in knots.indices {
            let bound = envelope.bound(at: index, knots)
            let target = guided?.bound(at: index, knots).midpoint ?? bound.midpoint ?? knots[index].agent
            highest = max(highest, min(max(target, bound.lower), bound.upper))
            estimates.append(highest)
        }
    }

    /// Whether one clock can pass all knots.
    var isConsistent: Bool {
        knots.indices.allSatisfy {
            let bound = envelope.bound(at: $0, knots)
            return bound.lower <= bound.upper
        }
    }

    /// The first knot at or after `time`, or the number of knots.
    func index(atOrAfter time: Int64) -> Int {
        var low = 0
        var high = knots.count
        while low < high {
            let middle = (low + high) / 2
            if knots[middle].agent < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func segment(containing time: Int64, readingSpan: Int64) -> ClockSegment {
        let right = index(atOrAfter: time)
        let cones = envelope.cones(before: right, knots)
        let start = right == 0 ? first : max(first, knots[right - 1].agent &+ 1)
        let end = right == knots.count ? last : min(last, knots[right].agent)
        let line: ClockLine
        if right == 0 {
            line = ClockLine(through: knots[0].agent, estimates[0], slope: slope, fromZero: true)
        } else if right == knots.count {
            line = ClockLine(through: knots[right - 1].agent, estimates[right - 1], slope: slope, fromZero: false)
        } else {
            line = ClockLine(
                from: knots[right - 1].agent, estimates[right - 1], to: knots[right].agent, estimates[right])
        }
        let isRaised = floor > cones.lower(at: start, envelope.rate)
        return ClockSegment(
            first: start, last: end, line: line, rate: envelope.rate, cones: cones, readingSpan: readingSpan,
            style: isRaised ? .shown : .refined)
    }

    /// Knots in ascending agent time; those of one time become one.
    private static func ordered(_ knots: [ClockKnot]) -> [ClockKnot] {
        var result: [ClockKnot] = []
        result.reserveCapacity(knots.count)
        for knot in knots.sorted(by: { $0.agent < $1.agent }) {
            guard let last = result.last, last.agent == knot.agent else {
                result.append(knot)
                continue
            }
            result[result.count - 1].lower = max(last.lower, knot.lower)
            result[result.count - 1].upper = min(last.upper, knot.upper)
            result[result.count - 1].causalLower = max(last.causalLower, knot.causalLower)
        }
        return result
    }

    /// What knots outside the epoch's times say moves to its ends.
    private static func trimmed(_ knots: [ClockKnot], first: Int64, last: Int64, _ rate: RateRange) -> [ClockKnot] {
        guard let head = knots.first, let tail = knots.last, head.agent < first || tail.agent > last else {
            return knots
        }
        let whole = EnvelopePass(knots, rate)
        func end(_ time: Int64) -> ClockKnot {
            let cones = whole.cones(before: knots.firstIndex { $0.agent >= time } ?? knots.count, knots)
            return ClockKnot(agent: time, lower: cones.lower(at: time, rate), upper: cones.upper(at: time, rate))
        }
        var result = knots.filter { $0.agent >= first && $0.agent <= last }
        if head.agent < first { result.insert(end(first), at: 0) }
        if tail.agent > last { result.append(end(last)) }
        return ordered(result)
    }
}
