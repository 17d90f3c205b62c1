/// What follows from a matched message for one of its two nodes: the event read at `agentTime` happened within `bound`.
///
/// A send on A precedes its receive on B. So B's receive is no earlier than the earliest possible send, and A's send
/// no later than the latest possible receive.
public struct MessageConstraint: Sendable, Hashable {
    /// The event's time in its node's trace clock, ns.
    public let agentTime: Int64
    /// Controller times that are possible, ns; one side may be unknown.
    public let bound: ClockBound

    /// A constraint on the event that its node read at `agentTime`.
    public init(agentTime: Int64, bound: ClockBound) {
        self.agentTime = agentTime
        self.bound = bound
    }

    /// A send, no later than the receive.
    static func sent(at agentTime: Int64, by received: MappedTime) -> MessageConstraint {
        MessageConstraint(agentTime: agentTime, bound: ClockBound(lower: .min, upper: received.upper))
    }

    /// A receive, no earlier than the send.
    static func received(at agentTime: Int64, after sent: MappedTime) -> MessageConstraint {
        MessageConstraint(agentTime: agentTime, bound: ClockBound(lower: sent.lower, upper: .max))
    }

    /// The clock sample that it amounts to; `nil` beyond `ClockLimits`.
    func sample(_ assumptions: ClockAssumptions) -> ClockSample? {
        let possible = -ClockLimits.agentTime...ClockLimits.controllerTime
        guard ClockLimits.accepts(agentTime: agentTime), bound.lower <= bound.upper,
            bound.lower == .min || possible.contains(bound.lower), bound.upper == .max || possible.contains(bound.upper)
        else { return nil }
        // The event happened up to one step of the clock after its reading.
        let lower = bound.lower == .min ? .min : bound.lower &- assumptions.readingSpan
        return ClockSample(agent: agentTime, lower: lower, upper: bound.upper)
    }
}
