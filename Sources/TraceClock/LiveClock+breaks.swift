extension LiveClock {
    /// Declares a break that the probes cannot show or have not shown yet.
    ///
    /// From there on times are `.degraded` until the next probe opens a new epoch. After `bootIDChanged` nothing
    /// remains of the path.
    /// - Parameters:
    ///   - reason: what the agent reported.
    ///   - after: the last agent time (ns) known to lie before the break; without it the break lies after the oldest
    ///     sample that the present bound rests on.
    public mutating func declareBreak(_ reason: ClockBreakReason, after: Int64? = nil) {
        guard epoch != nil || path.last != nil else { return }
        let oldest = epoch.map { min($0.leading.lower.agent, $0.leading.upper.agent) }
        let since = min(max(after ?? oldest ?? frozenThrough ?? 0, 0), ClockLimits.agentTime)
        if reason == .bootIDChanged {
            path.removeAll()
            newest = nil
            departures = DepartureWatch()
            steady?.reset()
        } else {
            path.degrade(after: since) { _ in .max }
        }
        record(ClockBreak(reason: reason, after: since, before: nil))
        epoch = nil
        gap = nil
        guess.restart()
        cached = .unknown(first: 0, last: -1, assumptions)
    }

    /// Looks for a proof that `probe` belongs to another epoch, and opens the gap before it when there is one.
    mutating func findBreak(at probe: ClockProbe, _ sample: ClockSample) -> ClockBreak? {
        if let newest, probe.goesBack(behind: newest, assumptions) { return goBack(newest, probe, sample) }
        guard let epoch else { return openDeclared(sample) }
        guard let proof = epoch.leading.contradiction(with: sample, rate) else { return nil }
        let rate = rate
        let since = min(proof.since, sample.agent &- 1)
        // A clock that stands still or is set back shows one time for two moments.
        let isAmbiguous = sample.agent <= proof.since
        path.degrade(after: since) { isAmbiguous ? .max : sample.causalUpper(at: $0, rate) }
        let start = max(sample.agent, proof.since &+ 1, (frozenThrough ?? -1) &+ 1)
        gap = PendingGap(start: start, upper: isAmbiguous ? .max : sample.causalUpper(at: start, rate))
        guess.restart()
        probation.begin(span: sample.agent &- proof.since, excess: proof.excess, sample)
        let found = ClockBreak(reason: .contradiction(excess: proof.excess), after: since, before: start)
        record(found)
        return found
    }

    /// The first probe after a declared break.
    private mutating func openDeclared(_ sample: ClockSample) -> ClockBreak? {
        guard !breaks.isEmpty else { return nil }
        let start = max(sample.agent, (frozenThrough ?? -1) &+ 1)
        gap = PendingGap(start: start, upper: sample.causalUpper(at: start, rate))
        breaks[breaks.count - 1].before = start
        return breaks.last
    }

    /// The agent's clock went back: an agent time that it can have shown both before and after means two moments.
    private mutating func goBack(_ old: ClockProbe, _ new: ClockProbe, _ sample: ClockSample) -> ClockBreak {
        let advance = new.greatestAdvance(since: old, assumptions)
        let firstShared = new.t2 &- advance &- 1
        let lastShared = min(old.t3 &+ advance, ClockLimits.agentTime)
        path.degrade(after: min(firstShared, old.t3)) { _ in .max }
        let start = max(sample.agent, lastShared &+ 1, (frozenThrough ?? -1) &+ 1)
        gap = PendingGap(start: start, upper: .max)
        guess.restart()
        probation.begin(span: new.t2 &- old.t2, excess: 0, sample)
        departures = DepartureWatch()
        steady?.reset()
        let found = ClockBreak(reason: .wentBackwards(by: old.t3 &- new.t2), after: old.t3, before: start)
        record(found)
        return found
    }

    private mutating func record(_ found: ClockBreak) {
        if breaks.count >= Self.breakCapacity { breaks.removeFirst() }
        breaks.append(found)
        breakCount += 1
    }
}

extension ClockSample {
    /// A controller time (ns) that is later than everything up to agent time `time`.
    func causalUpper(at time: Int64, _ rate: RateRange) -> Int64 {
        time <= agent ? upper : upper(at: time, rate)
    }
}
