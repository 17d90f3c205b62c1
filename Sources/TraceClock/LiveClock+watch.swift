extension LiveClock {
    /// From here on bounds rest on the rate range alone.
    public mutating func assumeNoWander() { steady = nil }

    /// Looks at what a probe that contradicts nothing shows of the rate.
    mutating func watch(_ sample: ClockSample) {
        alarm.add(sample)
        let isTime = departures.add(sample)
        if isTime, case let found = departures.departure(from: assumptions.rate), found.isOut {
            probation.suspect(found.slopes, sample)
        } else if let front = probation.add(sample, leastWidth: alarm.leastWidth) {
            // From here on the bound rests on the probes that agree with the stated range.
            var next = LiveEpoch(front.lower)
            next.add(front.upper, frozenThrough: frozenThrough, rate)
            next.add(sample, frozenThrough: frozenThrough, rate)
            epoch = next
        } else if probation.rate == assumptions.rate, let epoch,
            // As well while a departure is suspected whose slope is not known yet: the range is the stated one still.
            let span = alarm.look(epoch.bound(at: sample.agent, rate), at: sample.agent)
        {
            probation.begin(span: span, excess: 0, sample)
        }
        watchSteadiness(sample, looks: isTime)
    }

    private mutating func watchSteadiness(_ sample: ClockSample, looks: Bool) {
        // What refutes the stated range refutes a narrower one.
        guard probation.widened == nil else {
            steady?.restart(at: sample.agent)
            return
        }
        let frozenThrough = frozenThrough
        var doubted = steady?.add(sample, frozenThrough: frozenThrough)
        if doubted == nil, looks {
            let (samples, stated) = (departures.samples, assumptions.rate)
            doubted = steady?.look(samples, stated: stated, frozenThrough: frozenThrough)
        }
        if let doubted { path.doubt(after: doubted) }
    }
}
