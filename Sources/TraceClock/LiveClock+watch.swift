extension LiveClock {
    /// Looks at what a probe that contradicts nothing shows of the rate.
    mutating func watch(_ sample: ClockSample) {
        alarm.add(sample)
        if let found = departures.add(sample, assumptions.rate), found.isOut {
            probation.suspect(found.slopes, sample)
        } else if let front = probation.add(sample) {
            // From here on the bound rests on the probes that agree with the stated range.
            var next = LiveEpoch(front.lower)
            next.add(front.upper, frozenThrough: frozenThrough, rate)
            next.add(sample, frozenThrough: frozenThrough, rate)
            epoch = next
        } else if probation.widened == nil, let epoch,
            let span = alarm.look(epoch.bound(at: sample.agent, rate), at: sample.agent)
        {
            probation.begin(span: span, excess: 0, sample)
        }
    }
}
