extension RefinedClock {
    /// The trace clock of a saved session where it is not the agent's.
    ///
    /// Its bound is that of the agent's clock at the pairs, and widens between them by the rate range.
    /// - Parameters:
    ///   - pairs: in any order.
    ///   - agent: the agent's clock. Where it is not certain, the trace clock is not.
    ///   - declaredBreaks: of the trace clock.
    public init(_ pairs: [ClockPair], by agent: RefinedClock, declaredBreaks: [DeclaredClockBreak] = []) {
        var probes: [ClockProbe] = []
        var breaks = declaredBreaks
        var last: ClockPair?
        for pair in pairs.sorted(by: { $0.before < $1.before }) {
            guard let probe = pair.probe({ agent.map($0) }) else { continue }
            if let last, !agent.isCertain(from: last.after, through: pair.before) {
                breaks.append(DeclaredClockBreak(reason: .agentClockUncertain, after: last.clock, noticed: probe.t1))
            }
            probes.append(probe)
            last = pair
        }
        if let last, !agent.isCertain(from: last.after, through: pairs.map(\.after).max() ?? last.after) {
            breaks.append(DeclaredClockBreak(reason: .agentClockUncertain, after: last.clock, noticed: .max))
        }
        self.init(probes: probes, declaredBreaks: breaks, assumptions: .slewed)
    }

    /// Whether all times from `first` to `last` (ns) are.
    private func isCertain(from first: Int64, through last: Int64) -> Bool {
        var time = first
        while time <= last {
            let segment = segment(containing: time)
            guard segment.contains(time), segment.map(time).quality == .bounded else { return false }
            guard segment.last < .max else { return true }
            time = segment.last &+ 1
        }
        return true
    }
}
