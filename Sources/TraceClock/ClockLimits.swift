/// The ranges of time that the clock arithmetic accepts.
///
/// Agents state times over a network. Inside these limits no product, sum or difference in this module overflows. A
/// probe with a time outside them is rejected.
public enum ClockLimits {
    /// The greatest agent (trace clock) time, in ns: 2^61, 73 years after the node's boot. The least is 0.
    public static let agentTime: Int64 = 1 << 61
    /// The greatest controller time, in ns: 2^62, which as time since 1970 is the year 2116. The least is 0.
    public static let controllerTime: Int64 = 1 << 62

    /// Whether `time` is an agent time this module computes with.
    @inlinable
    public static func accepts(agentTime time: Int64) -> Bool { time >= 0 && time <= 1 << 61 }

    /// Whether `time` is a controller time this module computes with.
    @inlinable
    public static func accepts(controllerTime time: Int64) -> Bool { time >= 0 && time <= 1 << 62 }
}
