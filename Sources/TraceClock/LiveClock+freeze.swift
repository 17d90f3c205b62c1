extension LiveClock {
    /// Fixes the estimate of every time up to `agentTime` (ns), the node's watermark.
    ///
    /// Does nothing before the first probe, for a time that is frozen already, and for one beyond `ClockLimits`.
    public mutating func freeze(through agentTime: Int64) {
        let next = pointsThrough(agentTime)
        guard let first = next.first else { return }
        path.append(first)
        if let second = next.second { path.append(second) }
        if let gap, gap.start <= agentTime { self.gap = nil }
        epoch?.pass(through: agentTime, probation.rate)
        steady?.pass(through: agentTime)
    }

    /// Drops the points that times from `agentTime` (ns) on do not need. Older times still map, from the oldest point
    /// left: with a wider bound, and to another estimate.
    public mutating func forget(before agentTime: Int64) {
        path.forget(before: agentTime)
        cached = .unknown(first: 0, last: -1, assumptions)
    }

    /// The points that freezing through `agentTime` appends: none, one, or the start of an epoch and one more.
    func pointsThrough(_ agentTime: Int64) -> (first: PathPoint?, second: PathPoint?) {
        guard ClockLimits.accepts(agentTime: agentTime), agentTime > frozenThrough ?? -1 else { return (nil, nil) }
        guard let epoch else {
            return (path.last.map { gapPoint(agentTime, after: $0, upper: .max) }, nil)
        }
        guard let gap else { return (point(agentTime, epoch, after: path.last, opens: false), nil) }
        if agentTime < gap.start {
            return (path.last.map { gapPoint(agentTime, after: $0, upper: gap.upper) }, nil)
        }
        let start = point(gap.start, epoch, after: path.last, opens: true)
        return (start, agentTime == gap.start ? nil : point(agentTime, epoch, after: start, opens: false))
    }

    /// A point in the present epoch. The path bends no more than the rate range allows, unless the bound forces it.
    private func point(_ time: Int64, _ epoch: LiveEpoch, after last: PathPoint?, opens: Bool) -> PathPoint {
        let (found, rate, isRefuted) = bound(at: time, epoch)
        // Probes that came out of order can contradict each other; this is where it shows.
        let isContradiction = found.lower > found.upper
        let bound = isContradiction ? ClockBound(lower: found.upper, upper: found.lower) : found
        var estimate = guess.controllerTime(at: time) ?? bound.midpoint ?? time
        if let last, !opens {
            let run = time &- last.agent
            estimate = max(estimate, last.estimate &+ rate.leastElapsed(over: run))
            estimate = min(estimate, last.estimate &+ rate.greatestElapsed(over: run))
        }
        estimate = max(min(estimate, bound.upper), bound.lower)
        estimate = max(estimate, last?.estimate ?? .min)
        return PathPoint(
            agent: time, estimate: estimate, lower: bound.lower, upper: max(bound.upper, estimate),
            causalLower: max(epoch.causalLower(at: time), last?.causalLower ?? .min),
            knownThrough: max(epoch.knownThrough, last?.knownThrough ?? 0), gapBefore: opens || isContradiction,
            rate: rate, isRefuted: isRefuted)
    }

    /// The bound at a time, the range that it rests on, and whether probes have refuted lately what that is.
    private func bound(at time: Int64, _ epoch: LiveEpoch) -> (bound: ClockBound, rate: RateRange, isRefuted: Bool) {
        let wide = epoch.bound(at: time, rate)
        let isDoubted = probation.widened != nil || time <= steady?.doubtedThrough ?? .min
        guard let held = steady?.bounding else { return (wide, rate, isDoubted) }
        let narrow = held.epoch.bound(at: time, held.rate)
        let both = ClockBound(lower: max(wide.lower, narrow.lower), upper: min(wide.upper, narrow.upper))
        return both.lower <= both.upper ? (both, held.rate, isDoubted) : (wide, rate, true)
    }

    /// A point in a gap: the old line continues as far as `upper` allows.
    private func gapPoint(_ time: Int64, after last: PathPoint, upper: Int64) -> PathPoint {
        let onward = last.estimate &+ rate.leastElapsed(over: time &- last.agent)
        let estimate = max(min(onward, upper), last.estimate)
        // The last point is certain if it lies before the break; otherwise `lower` is by causality alone already.
        return PathPoint(
            agent: time, estimate: estimate, lower: min(last.lower, estimate), upper: max(upper, estimate),
            causalLower: last.causalLower, knownThrough: last.knownThrough, gapBefore: true, rate: rate,
            isRefuted: false)
    }
}
