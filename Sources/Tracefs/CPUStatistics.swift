/// One CPU's buffer in numbers, from `per_cpu/cpuN/stats` (tracing_stats_read in kernel/trace/trace.c).
///
/// The kernel reads the counters one after the other, without a lock. The numbers fit together exactly only while
/// nothing is written and nothing is read; otherwise they may be off by the events of that moment.
public struct CPUStatistics: Sendable, Equatable {
    /// Events in the buffer, not yet read. The kernel computes it as written - overrun - read, which may be negative
    /// for a moment.
    public var entries: Int64 = 0
    /// Events that were overwritten before they were read; only with option `overwrite`.
    public var overrun: Int64 = 0
    /// Events that found the whole buffer taken by commits that they had interrupted.
    public var commitOverrun: Int64 = 0
    /// Bytes in the buffer, not yet read.
    public var bytes: Int64 = 0
    /// Events that found the buffer full; only without option `overwrite`.
    public var droppedEvents: Int64 = 0
    /// Events that were read.
    public var readEvents: Int64 = 0
    /// Time of the oldest event in the buffer on the trace clock, ns, cut to microseconds; nil for clocks that do not
    /// count nanoseconds, 0 if there never was one.
    public var oldestEventNanoseconds: UInt64?
    /// Time of the read on the trace clock, ns, cut to microseconds; nil for clocks that do not count nanoseconds.
    public var nowNanoseconds: UInt64?

    /// All zero.
    public init() {}

    /// Events that the instance was asked to record on this CPU since the buffer was made or cleared:
    /// entries + read + overrun + commit overrun + dropped.
    ///
    /// `entries` and `read` with `overrun` add up to the events written (rb_num_of_entries in
    /// kernel/trace/ring_buffer.c: entries = written - (overrun + read)); the two others count events that were never
    /// written and so are in none of these.
    public var recorded: Int64 { entries &+ readEvents &+ lost }

    /// Events that no reader will ever see: overrun + commit overrun + dropped.
    ///
    /// Only `overrun` shows in the sub-buffers' headers, and there as a flag: a number stands behind the data only where
    /// that leaves room for it, which in full sub-buffers of a page it mostly does not. How many were lost is known from
    /// here.
    public var lost: Int64 { overrun &+ commitOverrun &+ droppedEvents }

    /// Reads the text. Lines with unknown names are skipped (newer kernels may add some); nil if a counter that every
    /// kernel since 3.9 has is missing or not a number.
    public init?(text: some StringProtocol) {
        var seen = 0
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            let counter: WritableKeyPath<CPUStatistics, Int64>
            switch line[..<colon] {
            case "entries": counter = \.entries
            case "overrun": counter = \.overrun
            case "commit overrun": counter = \.commitOverrun
            case "bytes": counter = \.bytes
            case "dropped events": counter = \.droppedEvents
            case "read events": counter = \.readEvents
            case "oldest event ts":
                oldestEventNanoseconds = Self.nanoseconds(value)
                continue
            case "now ts":
                nowNanoseconds = Self.nanoseconds(value)
                continue
            default: continue
            }
            guard let number = Int64(value) else { return nil }
            self[keyPath: counter] = number
            seen += 1
        }
        guard seen == 6 else { return nil }
    }

    /// `749.022808` in ns. Counting clocks have no point.
    private static func nanoseconds(_ text: some StringProtocol) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 6, let seconds = UInt64(parts[0]), let micro = UInt64(parts[1])
        else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = scaled.addingReportingOverflow(micro * 1000)
        return overflow || overflow2 ? nil : sum
    }
}
