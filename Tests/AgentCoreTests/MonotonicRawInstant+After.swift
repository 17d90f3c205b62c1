import SystemFacts

extension MonotonicRawInstant {
    /// The instant so long after the clock's zero.
    static func after(_ duration: Duration) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: 0).advanced(by: duration)
    }
}
