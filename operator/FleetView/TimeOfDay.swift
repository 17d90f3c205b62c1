import Glibc
import SystemFacts

/// The time of day, in the zone of this machine.
public enum TimeOfDay {
    /// `HH:MM:SS`.
    public static func text(_ moment: EpochInstant) -> String {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { String(number + 100).dropFirst().description }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
