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

    /// The constraints that a message puts on its sender and on its receiver; `nil` for one that narrows nothing.
    ///
    /// - Parameters:
    ///   - sent: the time of the send as its node's clock maps it, with the trace clock's reading.
    ///   - received: the same for the receive.
    /// - Returns: `nil` when a bound does not hold for sure, and when the receive certainly precedes the send: then the
    ///   two are not one message.
    public static func pair(
        sent: (agentTime: Int64, time: MappedTime), received: (agentTime: Int64, time: MappedTime)
    ) -> (sender: MessageConstraint?, receiver: MessageConstraint?)? {
        guard sent.time.quality == .bounded, received.time.quality == .bounded, sent.time.lower <= received.time.upper
        else { return nil }
        return (
            received.time.upper < sent.time.upper
                ? MessageConstraint(
                    agentTime: sent.agentTime, bound: ClockBound(lower: .min, upper: received.time.upper)) : nil,
            sent.time.lower > received.time.lower
                ? MessageConstraint(
                    agentTime: received.agentTime, bound: ClockBound(lower: sent.time.lower, upper: .max)) : nil
        )
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
