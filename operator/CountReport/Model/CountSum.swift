import TraceProtocol

/// A count with the time for which it counted: of one row, or of several added up.
public struct CountSum: Sendable, Hashable {
    /// Events; ns for counters of time.
    public var count: UInt64 = 0
    /// Summed over CPUs and nodes. 0 for counts in tables, which have no time.
    public var enabled = Duration.zero
    /// Less than `enabled` where the processor's counters were shared.
    public var running = Duration.zero

    /// Of functions: how long the calls took that have returned.
    public var time = Duration.zero
    /// How many calls those are.
    public var timed: UInt64 = 0

    /// Of fields.
    public var values = CountedValues()

    /// Nothing.
    public init() {}

    init(_ row: WireCountRow) {
        count = row.count
        values = CountedValues(row)
        (time, timed) = (.nanoseconds(row.timeNs), row.timed)
        (enabled, running) = (.nanoseconds(row.enabledNs), .nanoseconds(row.runningNs))
    }

    static func += (a: inout CountSum, b: CountSum) {
        a.count &+= b.count
        a.enabled += b.enabled
        a.running += b.running
        a.time += b.time
        a.timed &+= b.timed
        a.values += b.values
    }

    /// The difference to an earlier sum. A scaled count can shrink; the difference is 0 then.
    func since(_ earlier: CountSum) -> CountSum {
        var sum = CountSum()
        sum.count = count > earlier.count ? count - earlier.count : 0
        sum.enabled = max(enabled - earlier.enabled, .zero)
        sum.running = max(running - earlier.running, .zero)
        sum.time = max(time - earlier.time, .zero)
        sum.timed = timed > earlier.timed ? timed - earlier.timed : 0
        sum.values = values.since(earlier.values)
        return sum
    }

    /// The count is an estimate from a part of the time.
    public var isScaled: Bool { running < enabled && running > .zero }
    /// It was enabled and never ran: the count is not known.
    public var neverRan: Bool { running == .zero && enabled > .zero }
}
