extension RefinedClock {
    /// The range of rates that the epochs of this clock were measured to have, widened by `wander`.
    ///
    /// The range of each epoch's mean rate between an early and a late probe is certain. That the rate at every moment
    /// lies within `wander` (parts per billion, 0 ... 1,000,000) of the mean is a further assumption.
    ///
    /// - Returns: `nil` when an epoch has too few probes to measure its rate.
    public func measuredRate(wanderPartsPerBillion wander: Int) -> RateRange? {
        guard wander >= 0, wander <= 1_000_000 else { return nil }
        let margin = Int64((Int128(wander) << 60) / 1_000_000_000) + 1
        var least = Int64.max
        var greatest = Int64.min
        for case .epoch(let epoch) in pieces {
            guard let mean = RefinedEpoch.meanSlope(epoch.samples, epoch.envelope),
                let range = RefinedEpoch.range(mean, wander: margin, within: assumptions.rate)
            else { return nil }
            least = min(least, range.leastSlope)
            greatest = max(greatest, range.greatestSlope)
        }
        return least <= greatest ? RateRange(leastSlope: least, greatestSlope: greatest) : nil
    }

    /// A second clock under the measured rate. Its bounds are narrower but rest on the wander assumption as well, so
    /// show them under a label of their own.
    ///
    /// - Parameters:
    ///   - probes: those that this clock was built from.
    ///   - declaredBreaks: those too.
    ///   - wander: how far the rate may be from its mean, in parts per billion.
    /// - Returns: `nil` when no rate could be measured, or the probes refute the wander.
    public func measured(
        from probes: [ClockProbe], declaredBreaks: [DeclaredClockBreak] = [], wanderPartsPerBillion wander: Int
    ) -> RefinedClock? {
        guard let rate = measuredRate(wanderPartsPerBillion: wander) else { return nil }
        let narrow = ClockAssumptions(
            rate: rate, agentResolution: assumptions.agentResolution,
            controllerResolution: assumptions.controllerResolution)
        let clock = RefinedClock(probes: probes, declaredBreaks: declaredBreaks, assumptions: narrow)
        return clock.breaks.count == breaks.count && clock.rejectedProbes == rejectedProbes ? clock : nil
    }
}
