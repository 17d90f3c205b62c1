import Searching

extension RefinedClock {
    /// What tightening has done.
    public struct Tightening: Sendable {
        /// How many constraints were used.
        public var used = 0
        /// The epochs whose constraints contradict its probes or each other, and were left out together.
        public var refused: [Refusal] = []
    }

    /// Constraints of one epoch that no clock fulfils.
    public struct Refusal: Sendable {
        /// The epoch's times, ns of the trace clock.
        public let epoch: ClosedRange<Int64>
        /// Where the samples lie that contradict each other, ns of the trace clock: each is a constraint's or a probe's.
        public let lower: Int64
        public let upper: Int64
        /// By how much, ns.
        public let excess: Int64
    }

    /// Tightens the bounds by matched messages. In an epoch with messages the estimate is the middle of the bound,
    /// which keeps messages in order when both nodes have been tightened until nothing changes.
    ///
    /// A round costs O(n log n) in probes and constraints. The bounds hold after every round, so a caller may stop
    /// after any.
    /// - Returns: how many constraints were used, and those that were not. The constraints of an epoch are left out
    ///   together when they contradict its probes or each other: then some messages were matched wrongly.
    public mutating func tighten(_ constraints: [MessageConstraint]) -> Tightening {
        let samples = constraints.compactMap { $0.sample(assumptions) }.sorted { $0.agent < $1.agent }
        var result = Tightening()
        rebuild { epoch, floor in
            let own = Self.samples(samples, from: epoch.first, through: epoch.last)
            if !own.isEmpty {
                let next = RefinedEpoch(
                    epoch.samples + own, first: epoch.first, last: epoch.last, floor: floor, epoch.envelope.rate,
                    followsMessages: true, isRefuted: epoch.isRefuted)
                guard let refusal = next.refusal else {
                    result.used += own.count
                    return next
                }
                result.refused.append(refusal)
            }
            guard floor != epoch.floor else { return epoch }
            return RefinedEpoch(
                epoch.samples, first: epoch.first, last: epoch.last, floor: floor, epoch.envelope.rate,
                followsMessages: epoch.followsMessages, isRefuted: epoch.isRefuted)
        }
        return result
    }

    /// Lifts estimates, within their bounds, where the clock has been tightened.
    ///
    /// - Parameter floors: what the estimates at these agent times may not be below.
    mutating func raise(_ floors: [(agentTime: Int64, estimate: Int64)]) {
        let ordered = floors.sorted { $0.agentTime < $1.agentTime }
        rebuild { epoch, floor in
            var next = epoch
            next.raise(ordered, floor: max(floor, epoch.floor))
            return next
        }
    }

    /// Replaces the epochs, from the first on, each from the least estimate that it may have.
    private mutating func rebuild(_ change: (RefinedEpoch, Int64) -> RefinedEpoch) {
        var rebuilt: [Piece] = []
        var gaps: [RefinedGap] = []
        var before: RefinedEpoch?
        for piece in pieces {
            switch piece {
            case .gap(let gap): gaps.append(gap)
            case .epoch(let epoch):
                let end = before.map { $0.segment(containing: $0.last, readingSpan: 0).map($0.last).estimate }
                let next = change(epoch, end ?? .min)
                if let before, let end { rebuilt += Self.aligned(gaps, before, end, next).map { .gap($0) } }
                rebuilt.append(.epoch(next))
                gaps = []
                before = next
            }
        }
        // Behind a break that no probe has ended.
        pieces = rebuilt + gaps.map { .gap($0) }
        cached = .unknown(first: 0, last: -1, assumptions)
    }

    /// The part of samples in ascending order that lies in an epoch.
    private static func samples(
        _ samples: [ClockSample], from first: Int64, through last: Int64
    ) -> ArraySlice<ClockSample> {
        let start = samples.partitioningIndex { $0.agent >= first }
        return samples[start..<max(start, samples.partitioningIndex { $0.agent > last })]
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
