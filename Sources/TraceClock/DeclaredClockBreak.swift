/// A break of an agent's clock as the agent reported it.
public struct DeclaredClockBreak: Sendable, Hashable {
    /// What happened.
    public let reason: ClockBreakReason
    /// The last agent time (ns) known to lie before it.
    public let after: Int64
    /// When the controller heard of it (ns, its timeline): probes sent from then on belong to the new epoch.
    public let noticed: Int64

    /// A report of an agent. A false one can only widen bounds.
    public init(reason: ClockBreakReason, after: Int64, noticed: Int64) {
        self.reason = reason
        self.after = min(max(after, 0), ClockLimits.agentTime)
        self.noticed = noticed
    }
}
