import ArgumentParser
import CommandArguments
import SystemFacts
import Timeline

/// A moment of a session, for `--since`, `--until` and `--around`: `1.5s` after its first event, a time of day or a date
/// as reports print them (`18:33:51.5`, `2026-11-28T18:33:51.5`), seconds as reports print them where there is no time of
/// day (`8531.25`), or `@1700000000.5`, seconds since the epoch.
struct MomentArgument: ExpressibleByArgument {
    /// In the zone of this machine.
    let moment: TimelineMoment
    /// With dates of UTC.
    let utcMoment: TimelineMoment

    init?(argument: String) {
        // The mark of a line that is copied.
        let text = argument.hasPrefix("~") ? String(argument.dropFirst()) : argument
        guard let moment = Self.moment(text, isUTC: false), let utcMoment = Self.moment(text, isUTC: true) else {
            return nil
        }
        (self.moment, self.utcMoment) = (moment, utcMoment)
    }

    func moment(isUTC: Bool) -> TimelineMoment { isUTC ? utcMoment : moment }

    private static func moment(_ argument: String, isUTC: Bool) -> TimelineMoment? {
        if argument.hasPrefix("@") {
            return DecimalSeconds(argument.dropFirst()).map {
                .epoch(EpochInstant(nanoseconds: 0).advanced(by: $0.duration))
            }
        } else if let clock = ClockTime(argument, isUTC: isUTC) {
            return clock.moment
        } else if let seconds = DecimalSeconds(argument) {
            return .seconds(seconds.duration)
        } else {
            guard let offset = try? DurationArgument.parse(argument) else { return nil }
            return .offset(offset)
        }
    }
}
