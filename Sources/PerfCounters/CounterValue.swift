/// What a counter has counted, and for how long it could.
public struct CounterValue: Sendable, Hashable {
    /// Events. Where the counter did not always run, what it would have counted at the same rate.
    public var count: UInt64 = 0
    /// Time for which it was switched on, ns; a sum over CPUs where several are added up.
    public var enabled: UInt64 = 0
    /// Time for which it counted, ns: less than `enabled` when it shared the processor's counters with others.
    public var running: UInt64 = 0

    /// Nothing counted.
    public init() {}

    /// From the kernel's three numbers, scaled as perf stat does: per CPU, rounded to the nearest.
    public init(raw: UInt64, enabled: UInt64, running: UInt64) {
        self.enabled = enabled
        self.running = running
        guard running < enabled else {
            count = raw
            return
        }
        guard running > 0 else { return }
        // In 128 bits: counts of days times nanoseconds of days.
        let product = raw.multipliedFullWidth(by: enabled)
        let (low, carry) = product.low.addingReportingOverflow(running / 2)
        let high = product.high &+ (carry ? 1 : 0)
        count = high < running ? running.dividingFullWidth((high, low)).quotient : .max
    }

    /// The count is an estimate from a part of the time.
    public var isScaled: Bool { running < enabled && running > 0 }
    /// It was on and never ran: nothing is known.
    public var neverRan: Bool { running == 0 && enabled > 0 }

    /// Adds another CPU's.
    public static func += (a: inout CounterValue, b: CounterValue) {
        a.count &+= b.count
        a.enabled &+= b.enabled
        a.running &+= b.running
    }
}
