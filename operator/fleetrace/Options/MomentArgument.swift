import ArgumentParser
import CommandArguments
import SystemFacts
import Timeline

/// A moment of a session, for `--since`, `--until` and `--around`: `1.5s` after its first event, a time of day or a date as
/// reports print them (`18:33:51.5`, `2026-11-28T18:33:51.5`), or `@1700000000.5`, seconds since the epoch.
struct MomentArgument: ExpressibleByArgument {
    var moment: TimelineMoment

    init?(argument: String) {
        if argument.hasPrefix("@") {
            guard let seconds = Double(argument.dropFirst()), seconds.magnitude < 9e9 else { return nil }
            moment = .epoch(EpochInstant(nanoseconds: Int64(seconds * 1e9)))
        } else if let clock = ClockTime(argument) {
            moment = clock.moment
        } else {
            guard let offset = try? DurationArgument.parse(argument) else { return nil }
            moment = .offset(offset)
        }
    }
}
