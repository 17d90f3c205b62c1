import Glibc

/// Time of day. It only names the origin of a session's timeline. Event times come from CLOCK_MONOTONIC_RAW.
public enum WallClock {
    /// ns since the epoch.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
