import SystemFacts

/// What tells the controller the time: the machine's clocks, or a test's.
struct TimeSource: Sendable {
    /// The controller's timeline: CLOCK_MONOTONIC_RAW.
    let now: @Sendable () -> MonotonicRawInstant
    /// Time of day, ns since the epoch.
    let wallClock: @Sendable () -> Int64

    static let system = TimeSource(now: { .now }, wallClock: { WallClock.now() })

    /// Nanoseconds since the epoch at the timeline's origin: added to an instant's nanoseconds, it gives the time of day.
    var epochOffset: Int64 { wallClock() &- now().nanoseconds }
}
