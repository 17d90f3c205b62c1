import CLinux

extension MonotonicRawInstant {
    /// Blocks the calling thread until the clock has reached this instant.
    ///
    /// No system call sleeps by this clock, so the thread sleeps in shrinking steps and spins for the last `spin`. NTP
    /// makes the clocks differ by at most 500 ppm, so each step covers all but 1/64 of the rest.
    ///
    /// - Returns: the time after that.
    @discardableResult
    public func wait(spin: Duration = .microseconds(100)) -> MonotonicRawInstant {
        while true {
            let now = MonotonicRawInstant.now
            if now >= self { return now }
            let rest = (now.duration(to: self) - spin).wholeNanoseconds
            if rest > 0 { linux_sleep_nanoseconds(UInt64(rest - rest / 64)) }
        }
    }
}
