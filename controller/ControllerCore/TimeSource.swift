import SystemFacts

/// What tells the controller the time: the machine's clocks, or a test's.
struct TimeSource: Sendable {
    /// The controller's timeline: CLOCK_MONOTONIC_RAW.
    let now: @Sendable () -> MonotonicRawInstant
    /// Time of day.
    let wallClock: @Sendable () -> EpochInstant
    /// How far that is from UTC.
    let utcDistance: @Sendable () -> UTCDistance

    static let system = TimeSource(now: { .now }, wallClock: { .now }, utcDistance: { .now })

    /// The time of day at the timeline's origin.
    var origin: EpochInstant { EpochInstant(nanoseconds: wallClock().nanoseconds &- now().nanoseconds) }
}

extension EpochInstant {
    /// The time of day at a moment of the timeline that begins here.
    func timeOfDay(at moment: MonotonicRawInstant) -> EpochInstant {
        EpochInstant(nanoseconds: nanoseconds &+ moment.nanoseconds)
    }
}
