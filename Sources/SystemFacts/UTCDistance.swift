import CLinux

/// How far this machine's time of day is from UTC, as its kernel knows it.
public enum UTCDistance: Hashable, Sendable {
    /// At most so far: what whoever synchronises the clock states (`maxerror` of adjtimex(2)).
    case atMost(Duration)
    /// Nobody synchronises it.
    case unknown

    /// The distance now.
    public static var now: UTCDistance {
        var microseconds: Int64 = 0
        guard linux_utc_error(&microseconds) > 0, microseconds >= 0 else { return .unknown }
        return .atMost(.microseconds(microseconds))
    }
}
