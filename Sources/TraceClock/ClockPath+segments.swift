extension ClockPath {
    /// The segment that maps the frozen time `agentTime`: between two points, or before the first.
    func segment(containing agentTime: Int64, _ assumptions: ClockAssumptions) -> ClockSegment {
        let index = index(atOrAfter: agentTime)
        guard index < points.count, ClockLimits.accepts(agentTime: agentTime) else {
            return .unknown(first: agentTime, last: agentTime, assumptions)
        }
        let right = points[index]
        guard index > 0 else { return head(before: right, assumptions) }
        let left = points[index - 1]
        var cones = ClockCones()
        cones.setBefore(lower: left.sample, upper: left.sample)
        cones.setAfter(lower: right.sample, upper: right.sample)
        return ClockSegment(
            first: left.agent &+ 1, last: right.agent,
            line: ClockLine(from: left.agent, left.estimate, to: right.agent, right.estimate),
            rate: right.rate.covering(left.rate), cones: cones, readingSpan: assumptions.readingSpan,
            mapping: right.gapBefore ? .gap : .shown, isRefuted: right.isRefuted)
    }

    private func head(before point: PathPoint, _ assumptions: ClockAssumptions) -> ClockSegment {
        var cones = ClockCones()
        if !isHeadCut { cones.setAfter(lower: point.sample, upper: point.sample) }
        // The slope nearest to 1, not the measured one: what is frozen must not move with the measurement.
        let slope = assumptions.rate.clamp(slope: 0)
        return ClockSegment(
            first: 0, last: point.agent,
            line: ClockLine(through: point.agent, point.estimate, slope: slope, fromZero: true),
            rate: point.rate.covering(assumptions.rate), cones: cones, readingSpan: assumptions.readingSpan,
            mapping: isHeadCut ? .gap : .shown, isRefuted: point.isRefuted)
    }
}

extension PathPoint {
    var sample: ClockSample { ClockSample(agent: agent, lower: lower, upper: upper) }
}
