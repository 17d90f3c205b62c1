import CLinux

/// CLOCK_MONOTONIC_RAW, which the kernel records as trace clock `mono_raw`. NTP does not slew it and nothing steps it.
/// It stops while the machine is suspended.
public struct MonotonicRawClock: Sendable {
    /// Nanoseconds since an arbitrary point, in practice boot.
    @inline(always)
    public static func now() -> UInt64 { linux_monotonic_raw() }

    /// Blocks the calling thread until the clock has reached `deadline` (ns). Returns the time after that.
    ///
    /// No system call sleeps by this clock, so the thread sleeps in shrinking steps and spins for the last `spin`
    /// nanoseconds. NTP makes the clocks differ by at most 500 ppm, so each step covers all but 1/64 of the rest.
    public static func wait(until deadline: UInt64, spin: UInt64 = 100_000) -> UInt64 {
        while true {
            let time = now()
            if time >= deadline { return time }
            let rest = deadline - time
            if rest > spin { linux_sleep_nanoseconds(rest - spin - (rest - spin) / 64) }
        }
    }
}
