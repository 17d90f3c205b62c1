import CLinux

/// CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC and CLOCK_REALTIME, read one after the other (ns), and what slewed them then.
public struct ClockReading: Sendable, Hashable {
    public var rawBefore, monotonicBefore, realtime, monotonicAfter, rawAfter: Int64
    public var slewing: SlewLimit

    public init(
        rawBefore: Int64, monotonicBefore: Int64, realtime: Int64, monotonicAfter: Int64, rawAfter: Int64,
        slewing: SlewLimit
    ) {
        self.rawBefore = rawBefore
        self.monotonicBefore = monotonicBefore
        self.realtime = realtime
        self.monotonicAfter = monotonicAfter
        self.rawAfter = rawAfter
        self.slewing = slewing
    }

    /// The clocks now. A thread that loses its CPU in between makes the reading useless, so there are some attempts.
    public static var now: ClockReading {
        var reading = linux_clock_reading()
        for _ in 0..<3 {
            linux_read_clocks(&reading)
            if reading.raw_after - reading.raw_before < StampMapping.widestReading { break }
        }
        return ClockReading(
            rawBefore: reading.raw_before, monotonicBefore: reading.monotonic_before, realtime: reading.realtime,
            monotonicAfter: reading.monotonic_after, rawAfter: reading.raw_after, slewing: .now)
    }
}
