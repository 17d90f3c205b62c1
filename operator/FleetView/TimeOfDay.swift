import Glibc

/// The time of day, in the zone of this machine.
public enum TimeOfDay {
    /// `HH:MM:SS`.
    ///
    /// - Parameter nanoseconds: since the epoch.
    public static func text(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { String(number + 100).dropFirst().description }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
