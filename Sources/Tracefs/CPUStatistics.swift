/// Statistics of one CPU's buffer, from `per_cpu/cpuN/stats` (tracing_stats_read in kernel/trace/trace.c).
///
/// The kernel reads the counters one after the other, without a lock. They are consistent only while nothing is written
/// or read. Otherwise they may be off by the events of that moment.
public struct CPUStatistics: Sendable, Equatable {
    /// Events in the buffer that have not been read. The kernel computes it as written - overrun - read, which may be
    /// negative for a moment.
    public var entries: Int64 = 0
    /// Events that were overwritten before they were read. Only with option `overwrite`.
    public var overrun: Int64 = 0
    /// Events lost because the whole buffer belonged to commits that they had interrupted.
    public var commitOverrun: Int64 = 0
    /// Bytes in the buffer that have not been read.
    public var bytes: Int64 = 0
    /// Events lost because the buffer was full. Only without option `overwrite`.
    public var droppedEvents: Int64 = 0
    /// Events that were read.
    public var readEvents: Int64 = 0
    /// Time of the oldest event in the buffer on the trace clock, in ns, rounded to microseconds. Nil for clocks that
    /// do not count nanoseconds, 0 if there never was an event.
    public var oldestEventNanoseconds: UInt64?
    /// Time of this read on the trace clock, in ns, rounded to microseconds. Nil for clocks that do not count
    /// nanoseconds.
    public var nowNanoseconds: UInt64?

    /// How far `nowNanoseconds` may be from the clock, up or down (ns2usecs in kernel/trace/trace.c).
    static let rounding = Duration.nanoseconds(500)

    /// All zero.
    public init() {}

    /// Events that occurred for the instance on this CPU since the buffer was created or cleared:
    /// entries + read + overrun + commit overrun + dropped.
    ///
    /// The sum of `entries`, `read` and `overrun` is the number of events written (rb_num_of_entries in
    /// kernel/trace/ring_buffer.c: entries = written - (overrun + read)). The other two count events that were never
    /// written.
    public var recorded: Int64 { entries &+ readEvents &+ lost }

    /// Events that no reader will ever see: overrun + commit overrun + dropped.
    ///
    /// A sub-buffer's header shows only `overrun`, as a flag. The number follows the data if there is room for it,
    /// which a full sub-buffer seldom has. The exact number of lost events is only known from here.
    public var lost: Int64 { overrun &+ commitOverrun &+ droppedEvents }

    /// Reads the text. Lines with unknown names are skipped, because newer kernels may add some. Nil if a counter that
    /// every kernel since 3.9 has is missing or not a number.
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

    /// Converts `749.022808` to ns. Clocks that count something else print no point.
    private static func nanoseconds(_ text: some StringProtocol) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 6, let seconds = UInt64(parts[0]), let micro = UInt64(parts[1])
        else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = scaled.addingReportingOverflow(micro * 1000)
        return overflow || overflow2 ? nil : sum
    }
}
