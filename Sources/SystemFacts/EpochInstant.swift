import Glibc

/// A time of day: an instant of CLOCK_REALTIME, which NTP slews and an administrator may step.
///
/// It names the origin of a session's timeline, and dates what people read. Event times come from CLOCK_MONOTONIC_RAW.
/// It travels and is stored as Int64 nanoseconds.
public struct EpochInstant: InstantProtocol, Sendable {
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The time now.
    public static var now: EpochInstant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EpochInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Whole seconds since the epoch, as certificates and the C library count them.
    public var seconds: Int64 { nanoseconds / 1_000_000_000 }

    public func advanced(by duration: Duration) -> EpochInstant {
        EpochInstant(nanoseconds: nanoseconds &+ duration.wholeNanoseconds)
    }

    public func duration(to other: EpochInstant) -> Duration {
        .nanoseconds(other.nanoseconds &- nanoseconds)
    }

    public static func < (a: EpochInstant, b: EpochInstant) -> Bool { a.nanoseconds < b.nanoseconds }
}
