import SystemFacts

/// When the nodes of a session start: all at one moment of the controller's timeline.
struct StartMoment {
    /// Added to the longest usual round trip, so that the slowest link delivers the command in time.
    private static let lead = Duration.milliseconds(50)
    /// A node with a longer round trip misses the start, and is named, so that it does not delay all others.
    private static let longestRoundTrip = Duration.seconds(2)
    /// Agents refuse a start that is much further ahead.
    static let longestDelay = Duration.seconds(60)

    /// As far ahead as the operator asked for.
    let delay: Duration
    /// Nil until the nodes are told.
    private(set) var at: MonotonicRawInstant?

    /// - Parameter delay: from 0 to `longestDelay`.
    init(delay: Duration) {
        self.delay = delay
    }

    /// The moment that an earlier controller process has set.
    mutating func restore(_ moment: MonotonicRawInstant?) {
        at = moment
    }

    /// Sets the moment.
    ///
    /// - Parameter roundTrips: the usual ones of the nodes that start.
    mutating func set(now: MonotonicRawInstant, roundTrips: some Sequence<Duration>) -> MonotonicRawInstant {
        let moment = now.advanced(by: max(Self.lead + Self.slowest(roundTrips), delay))
        at = moment
        return moment
    }

    /// Sets it anew if the nodes would not hear of it in time any more: it was noted on a slow disk before they are told.
    ///
    /// - Returns: whether it is another one.
    mutating func postpone(now: MonotonicRawInstant, roundTrips: some Sequence<Duration>) -> Bool {
        let slowest = Self.slowest(roundTrips)
        guard let at, at < now.advanced(by: Self.lead / 2 + slowest) else { return false }
        self.at = now.advanced(by: Self.lead + slowest)
        return true
    }

    private static func slowest(_ roundTrips: some Sequence<Duration>) -> Duration {
        min(roundTrips.max() ?? .zero, longestRoundTrip)
    }
}
