import ArgumentParser
import Timeline

/// How lines for people state times.
struct TimeOptions: ParsableArguments {
    @Flag(
        name: .customLong("utc"),
        help: "Times of day in UTC, not in the zone of this machine; also --since and --until.")
    var isUTC = false

    @Flag(name: .customLong("relative"), help: "Seconds since the first event, in place of the time of day.")
    var isRelative = false

    @Flag(name: .customLong("delta"), help: "Behind each time, the seconds since the line above.")
    var hasDelta = false

    var display: TimeDisplay { TimeDisplay(isUTC: isUTC, isRelative: isRelative, hasDelta: hasDelta) }

    /// - Throws: `ValidationError` for a format whose times these do not change.
    func check(_ format: OutputFormat) throws {
        guard isRelative || hasDelta, !format.isForPeople else { return }
        throw ValidationError("--relative and --delta go with --format default and graph")
    }
}
