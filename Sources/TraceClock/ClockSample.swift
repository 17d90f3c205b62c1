/// A clock sample: what follows from one observation for the map from agent time to controller time. At agent time
/// `agent` the controller's clock showed `lower` ... `upper` (ns).
///
/// It comes from a ``ClockProbe`` (the four readings) or from a ``MessageConstraint``. It is certain under the
/// assumptions, unlike ``RateEstimate/Midpoint``, which is a guess.
///
/// `Int64.min` and `Int64.max` stand for a side that is not known; a probe always knows both.
struct ClockSample: Sendable, Hashable {
    let agent: Int64
    var lower: Int64
    var upper: Int64
    /// `lower` by causality alone, without the rate range: everything after `agent` happened after this.
    var causalLower: Int64

    init(agent: Int64, lower: Int64, upper: Int64) {
        self.agent = agent
        self.lower = lower
        self.upper = upper
        self.causalLower = lower
    }

    /// The sample of a probe at its `t3`: the controller's clock had passed `t1` before the agent read `t2`, and had
    /// not reached `t4` when the agent read `t3`.
    ///
    /// Readings are truncated to a step of their clock: the true times of `t2` and `t4` lie up to one step later. Both
    /// bounds are widened by that here, so that the rest computes with exact times.
    init(unchecked probe: ClockProbe, _ assumptions: ClockAssumptions) {
        let hold = assumptions.rate.leastElapsed(over: probe.t3 &- probe.t2)
        self.agent = probe.t3
        self.causalLower = probe.t1 &- assumptions.readingSpan
        self.lower = causalLower &+ hold
        self.upper = probe.t4 &+ assumptions.controllerResolution
    }

    /// The least controller time at `time`, as far as this sample and the rate range tell.
    func lower(at time: Int64, _ rate: RateRange) -> Int64 {
        guard lower != .min else { return .min }
        return time >= agent
            ? lower &+ rate.leastElapsed(over: time &- agent) : lower &- rate.greatestElapsed(over: agent &- time)
    }

    /// The greatest controller time at `time`, as far as this sample and the rate range tell.
    func upper(at time: Int64, _ rate: RateRange) -> Int64 {
        guard upper != .max else { return .max }
        return time >= agent
            ? upper &+ rate.greatestElapsed(over: time &- agent) : upper &- rate.leastElapsed(over: agent &- time)
    }
}
