extension LiveClock {
    /// The time on the controller's timeline of the reading `agentTime` (ns).
    ///
    /// Up to `frozenThrough` along the frozen path; beyond it provisionally, as freezing now would make it.
    public func map(_ agentTime: Int64) -> MappedTime {
        if let frozenThrough, agentTime <= frozenThrough {
            return path.segment(containing: agentTime, assumptions).map(agentTime)
        }
        return map(provisional: agentTime)
    }

    /// The piece of the frozen path that maps `agentTime`, to be kept while times stay within it.
    ///
    /// Its estimates stay right, but a copy of it does not learn of a break that is found later. Beyond
    /// `frozenThrough` there is no segment: the one returned maps to `.unknown`.
    public func segment(containing agentTime: Int64) -> ClockSegment {
        path.segment(containing: agentTime, assumptions)
    }

    /// `map` for many times in about ascending order: the segment last used is kept.
    @inlinable
    public mutating func mapNext(_ agentTime: Int64) -> MappedTime {
        if cached.contains(agentTime) { return cached.map(agentTime) }
        return mapElsewhere(agentTime)
    }

    @usableFromInline
    mutating func mapElsewhere(_ agentTime: Int64) -> MappedTime {
        guard let frozenThrough, agentTime <= frozenThrough else { return map(provisional: agentTime) }
        cached = path.segment(containing: agentTime, assumptions)
        return cached.map(agentTime)
    }

    func map(provisional agentTime: Int64) -> MappedTime {
        if let frozenThrough, agentTime <= frozenThrough { return map(agentTime) }
        let next = pointsThrough(agentTime)
        guard let point = next.second ?? next.first else { return .unknown(agentTime: agentTime) }
        let upper = point.upper == .max ? .max : point.upper &+ assumptions.readingSpan
        let isCertain = (!point.gapBefore || gap?.start == agentTime) && !point.isRefuted
        return MappedTime(
            estimate: point.estimate, bound: ClockBound(lower: min(point.lower, point.estimate), upper: upper),
            quality: isCertain ? .bounded : .degraded)
    }
}
