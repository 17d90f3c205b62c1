import TraceClock

/// A node's clock as a reader of its log has it: as it was known when each event came, or as the whole log shows it.
struct NodeClock {
    private(set) var live = LiveClock()
    /// Of a log that was read to its end before: later probes bound earlier events, too, and no probe changes it.
    private let refined: RefinedClock?

    init(refined: RefinedClock? = nil) { self.refined = refined }

    /// Times up to here keep their estimate; nil while there is none.
    var frozenThrough: Int64? { refined == nil ? live.frozenThrough : ClockLimits.agentTime }

    /// Breaks that are known before the events are read.
    var knownBreaks: [ClockBreak] { refined?.breaks ?? [] }

    func map(_ agentTime: Int64) -> MappedTime { refined?.map(agentTime) ?? live.map(agentTime) }

    func segment(containing agentTime: Int64) -> ClockSegment {
        refined?.segment(containing: agentTime) ?? live.segment(containing: agentTime)
    }

    /// The watermark has moved.
    mutating func freeze(through agentTime: Int64) {
        if refined == nil { live.freeze(through: agentTime) }
    }

    /// - Returns: the break that the probe proves.
    mutating func observe(_ probe: ClockProbe) -> ClockBreak? {
        guard refined == nil, case .epochBreak(let found) = live.observe(probe) else { return nil }
        return found
    }

    /// - Returns: the break, unless it is known already.
    mutating func declareBreak(_ reason: ClockBreakReason, after agentTime: Int64) -> ClockBreak? {
        guard refined == nil else { return nil }
        let count = live.breakCount
        live.declareBreak(reason, after: agentTime)
        return live.breakCount > count ? live.breaks.last : nil
    }
}
