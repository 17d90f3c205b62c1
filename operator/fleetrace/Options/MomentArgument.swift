import ArgumentParser
import CommandArguments
import SystemFacts
import Timeline

/// A moment of a session, for `--since`, `--until` and `--around`: `1.5s` after its first event, or `@1700000000.5`,
/// seconds since the epoch.
struct MomentArgument: ExpressibleByArgument {
    var moment: TimelineMoment

    init?(argument: String) {
        if argument.hasPrefix("@") {
            guard let seconds = Double(argument.dropFirst()), seconds.magnitude < 9e9 else { return nil }
            moment = .epoch(EpochInstant(nanoseconds: Int64(seconds * 1e9)))
        } else {
            guard let offset = try? DurationArgument.parse(argument) else { return nil }
            moment = .offset(offset)
        }
    }
}
