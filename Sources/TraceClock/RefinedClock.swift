/// A node's clock over a saved session, from all of its probes: later probes bound the past, as earlier ones bound the
/// future.
///
/// Where both are `.bounded`, no bound is wider than that of a `LiveClock` which saw the same probes. Estimates
/// never decrease in agent time. Times in the gap of a break are `.degraded` and bounded by causality alone.
public struct RefinedClock: Sendable {
    /// The assumptions under which the bounds hold: with a wider rate range than was stated, where the probes show one.
    public let assumptions: ClockAssumptions
    /// The breaks found and declared, in order.
    public let breaks: [ClockBreak]
    /// How many probes had readings that cannot be true, and were left out.
    public let rejectedProbes: Int
    var pieces: [Piece] = []
    /// Agent times (ns) around what the assumptions do not allow: what the bounds there rest on does not hold.
    let doubts: ClockDoubts
    @usableFromInline var cached: ClockSegment

    enum Piece: Sendable {
        case epoch(RefinedEpoch)
        case gap(RefinedGap)

        var last: Int64 {
            switch self {
            case .epoch(let epoch): epoch.last
            case .gap(let gap): gap.last
            }
        }
    }

    /// Builds the clock.
    ///
    /// - Parameters:
    ///   - probes: in any order; those whose readings cannot be true are counted and left out.
    ///   - declaredBreaks: breaks that the agent reported.
    ///   - wander: a further assumption, for narrower bounds. Without it they rest on the rate range alone.
    public init(
        probes: [ClockProbe], declaredBreaks: [DeclaredClockBreak] = [], assumptions: ClockAssumptions = .standard,
        wander: ClockWander? = nil
    ) {
        let stated = assumptions.rate
        let assumptions = assumptions.adapted(to: probes)
        let split = EpochSplit(probes, declaredBreaks, assumptions)
        self.assumptions = assumptions
        self.doubts = ClockDoubts(split, stated)
        self.breaks = split.breaks
        self.rejectedProbes = split.rejected
        self.cached = .unknown(first: 0, last: -1, assumptions)
        pieces.reserveCapacity(2 * split.epochs.count)
        var doubtful: [ClockSample] = []
        for epoch in split.epochs {
            // Skips an epoch that shares all of its times with others: its samples bound nothing that can be told
            // apart.
            if epoch.first <= epoch.last, !epoch.samples.isEmpty {
                if let wander {
                    append(epoch, doubtful: doubtful, under: wander)
                } else {
                    append(doubtful: doubtful) { floor in
                        RefinedEpoch(
                            epoch.samples, first: epoch.first, last: epoch.last, floor: floor, assumptions.rate,
                            followsMessages: false)
                    }
                }
                doubtful = epoch.doubtful
            }
        }
        appendTail(doubtful: doubtful)
    }

    /// What follows a break that no later probe has ended: the line goes on, and nothing but order bounds it.
    private mutating func appendTail(doubtful: [ClockSample]) {
        guard case .epoch(let last)? = pieces.last, last.last < ClockLimits.agentTime else { return }
        let end = last.segment(containing: last.last, readingSpan: 0).map(last.last)
        let steps = RefinedGap.steps(
            from: RefinedGap.Edge(agent: last.last, lower: end.lower, upper: end.upper),
            to: RefinedGap.Edge(agent: ClockLimits.agentTime &+ 1, lower: end.lower, upper: .max), doubtful: doubtful,
            estimates: (end.estimate, end.estimate &+ (ClockLimits.agentTime - last.last)))
        pieces.append(contentsOf: steps.map { .gap($0) })
    }

    /// Appends an epoch, and the gap before it where the last one ended earlier.
    ///
    /// - Parameter make: makes the epoch from the least estimate that it may have.
    mutating func append(doubtful: [ClockSample], _ make: (Int64) -> RefinedEpoch) {
        let before = pieces.last.flatMap { if case .epoch(let last) = $0 { last } else { nil } }
        guard let before else { return pieces.append(.epoch(make(.min))) }
        let end = before.segment(containing: before.last, readingSpan: 0).map(before.last)
        let next = make(end.estimate)
        let start = next.segment(containing: next.first, readingSpan: 0).map(next.first)
        let steps = RefinedGap.steps(
            from: RefinedGap.Edge(agent: before.last, lower: end.lower, upper: end.upper),
            to: RefinedGap.Edge(agent: next.first, lower: start.lower, upper: start.upper),
            doubtful: doubtful, estimates: (end.estimate, max(start.estimate, end.estimate)))
        pieces.append(contentsOf: steps.map { .gap($0) })
        pieces.append(.epoch(next))
    }
}
