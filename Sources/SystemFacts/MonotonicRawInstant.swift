import CLinux

/// A reading of CLOCK_MONOTONIC_RAW: the controller's timeline, and on a node what the kernel records as trace clock
/// `mono_raw`. NTP does not slew it and nothing steps it. It stops while the machine is suspended.
///
/// It travels and is stored as Int64 nanoseconds; arithmetic that runs once an event stays in those.
public struct MonotonicRawInstant: InstantProtocol, Sendable {
    /// Nanoseconds since an arbitrary point, in practice boot.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The time now.
    public static var now: MonotonicRawInstant { MonotonicRawInstant(nanoseconds: Int64(linux_monotonic_raw())) }

    public func advanced(by duration: Duration) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: nanoseconds &+ duration.wholeNanoseconds)
    }

    public func duration(to other: MonotonicRawInstant) -> Duration {
        .nanoseconds(other.nanoseconds &- nanoseconds)
    }

    public static func < (a: MonotonicRawInstant, b: MonotonicRawInstant) -> Bool { a.nanoseconds < b.nanoseconds }
}
