/// How lines for people state times.
public struct TimeDisplay: Sendable, Hashable {
    /// Times of day are those of UTC, not of the zone of this machine.
    public var isUTC: Bool
    /// Seconds since the first event of the timeline, in place of the time of day.
    public var isRelative: Bool
    /// Behind the time: the seconds since the line above.
    public var hasDelta: Bool

    public init(isUTC: Bool = false, isRelative: Bool = false, hasDelta: Bool = false) {
        self.isUTC = isUTC
        self.isRelative = isRelative
        self.hasDelta = hasDelta
    }
}
