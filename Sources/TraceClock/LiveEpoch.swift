/// What a live clock knows since its last break.
struct LiveEpoch: Sendable {
    /// The front over every knot: finds contradictions.
    private(set) var leading: ConeFront
    /// The front over the knots that the path has passed.
    private var trailing: ConeFront?
    /// Knots beyond the path, in order of arrival: they bound a point between them from both sides.
    private var recent: [ClockKnot]
    /// The latest agent time of a knot.
    private(set) var knownThrough: Int64

    init(_ knot: ClockKnot) {
        leading = ConeFront(knot)
        recent = [knot]
        knownThrough = knot.agent
    }

    mutating func add(_ knot: ClockKnot, frozenThrough: Int64?, _ rate: RateRange) {
        leading.add(knot, rate)
        knownThrough = max(knownThrough, knot.agent)
        if let frozenThrough, knot.agent <= frozenThrough {
            pass(knot, rate)
        } else {
            if recent.count >= LiveClock.recentCapacity { pass(recent.removeFirst(), rate) }
            recent.append(knot)
        }
    }

    /// The path has reached `agent`: what lies behind it is needed only as a front.
    mutating func pass(through agent: Int64, _ rate: RateRange) {
        for knot in recent where knot.agent <= agent { pass(knot, rate) }
        recent.removeAll { $0.agent <= agent }
    }

    private mutating func pass(_ knot: ClockKnot, _ rate: RateRange) {
        if trailing == nil { trailing = ConeFront(knot) } else { trailing?.add(knot, rate) }
    }

    /// The bound at agent time `time` from every knot kept.
    func bound(at time: Int64, _ rate: RateRange) -> ClockBound {
        var lower = trailing?.lower(at: time, rate) ?? .min
        var upper = trailing?.upper(at: time, rate) ?? .max
        for knot in recent {
            lower = max(lower, knot.lower(at: time, rate))
            upper = min(upper, knot.upper(at: time, rate))
        }
        return ClockBound(lower: lower, upper: upper)
    }

    /// The latest controller time that causality alone puts before agent time `time`.
    func causalLower(at time: Int64) -> Int64 {
        var latest = Int64.min
        if let trailing {
            if trailing.lower.agent <= time { latest = max(latest, trailing.lower.causalLower) }
            if trailing.upper.agent <= time { latest = max(latest, trailing.upper.causalLower) }
        }
        for knot in recent where knot.agent <= time { latest = max(latest, knot.causalLower) }
        return latest
    }
}
