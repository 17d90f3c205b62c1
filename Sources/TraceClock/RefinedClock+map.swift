import Searching

extension RefinedClock {
    /// The time on the controller's timeline of the reading `agentTime` (ns).
    public func map(_ agentTime: Int64) -> MappedTime { segment(containing: agentTime).map(agentTime) }

    /// The piece of the path that maps `agentTime`, to be kept while times stay within it.
    public func segment(containing agentTime: Int64) -> ClockSegment {
        guard ClockLimits.accepts(agentTime: agentTime), let index = pieceIndex(agentTime) else {
            return .unknown(first: agentTime, last: agentTime, assumptions)
        }
        return switch pieces[index] {
        case .epoch(let epoch):
            epoch.segment(containing: agentTime, readingSpan: assumptions.readingSpan).refuted(in: doubts)
        case .gap(let gap): gap.segment(assumptions)
        }
    }

    /// `map` for many times in about ascending order: the segment last used is kept.
    @inlinable
    public mutating func mapNext(_ agentTime: Int64) -> MappedTime {
        if cached.contains(agentTime) { return cached.map(agentTime) }
        cached = segment(containing: agentTime)
        return cached.map(agentTime)
    }

    /// The piece that holds `agentTime`; `nil` beyond the last, whose epoch a break has ended.
    func pieceIndex(_ agentTime: Int64) -> Int? {
        let index = pieces.partitioningIndex { $0.last >= agentTime }
        return index < pieces.count ? index : nil
    }
}
