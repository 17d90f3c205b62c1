extension RefinedClock {
    /// Tightens the bounds by matched messages. In an epoch with messages the estimate is the middle of the bound,
    /// which keeps messages in order when both nodes have been tightened until nothing changes.
    ///
    /// A round costs O(n log n) in probes and constraints. The bounds hold after every round, so a caller may stop
    /// after any.
    /// - Returns: how many constraints were used. The constraints of an epoch are left out together when they
    ///   contradict its probes or each other: then some messages were matched wrongly.
    public mutating func tighten(_ constraints: [MessageConstraint]) -> Int {
        let samples = constraints.compactMap { $0.sample(assumptions) }.sorted { $0.agent < $1.agent }[...]
        var used = 0
        var rebuilt: [Piece] = []
        var gaps: [RefinedGap] = []
        var before: RefinedEpoch?
        for piece in pieces {
            switch piece {
            case .gap(let gap): gaps.append(gap)
            case .epoch(let epoch):
                let end = before.map { $0.segment(containing: $0.last, readingSpan: 0).map($0.last).estimate }
                let (next, count) = tightened(epoch, by: samples, floor: end ?? .min)
                if let before, let end { rebuilt += Self.aligned(gaps, before, end, next).map { .gap($0) } }
                rebuilt.append(.epoch(next))
                used += count
                gaps = []
                before = next
            }
        }
        // Behind a break that no probe has ended.
        pieces = rebuilt + gaps.map { .gap($0) }
        cached = .unknown(first: 0, last: -1, assumptions)
        return used
    }

    private func tightened(
        _ epoch: RefinedEpoch, by samples: ArraySlice<ClockSample>, floor: Int64
    ) -> (epoch: RefinedEpoch, used: Int) {
        let own = samples.filter { $0.agent >= epoch.first && $0.agent <= epoch.last }
        if !own.isEmpty {
            let next = RefinedEpoch(
                epoch.samples + own, first: epoch.first, last: epoch.last, floor: floor, epoch.envelope.rate,
                followsMessages: true, isRefuted: epoch.isRefuted)
            if next.isConsistent { return (next, own.count) }
        }
        guard floor != epoch.floor else { return (epoch, 0) }
        let same = RefinedEpoch(
            epoch.samples, first: epoch.first, last: epoch.last, floor: floor, epoch.envelope.rate,
            followsMessages: epoch.followsMessages, isRefuted: epoch.isRefuted)
        return (same, 0)
    }

    /// The gap's steps between the new ends of the estimate; their bounds still hold.
    private static func aligned(
        _ gaps: [RefinedGap], _ left: RefinedEpoch, _ end: Int64, _ right: RefinedEpoch
    ) -> [RefinedGap] {
        let start = right.segment(containing: right.first, readingSpan: 0).map(right.first).estimate
        let line = ClockLine(from: left.last, end, to: right.first, max(start, end))
        return gaps.map {
            RefinedGap(
                first: $0.first, last: $0.last, lower: $0.lower, upper: $0.upper, from: line.estimate(at: $0.first),
                to: line.estimate(at: $0.last))
        }
    }
}
