/// What a counter has counted, and for how long it was running.
public struct CounterValue: Sendable, Hashable {
    /// Events. If the counter did not run all the time, this is extrapolated at the same rate.
    public var count: UInt64 = 0
    /// Time for which it was enabled. A sum over CPUs if several are added.
    public var enabled = Duration.zero
    /// Time for which it counted. Less than `enabled` if it shared the processor's counters with others.
    public var running = Duration.zero

    /// Nothing counted.
    public init() {}

    /// From the three numbers that read(2) gives (perf_event_open(2)), scaled as perf stat does: for each CPU, rounded
    /// to the nearest integer.
    public init(raw: UInt64, enabled: UInt64, running: UInt64) {
        self.enabled = .nanoseconds(enabled)
        self.running = .nanoseconds(running)
        guard running < enabled else {
            count = raw
            return
        }
        guard running > 0 else { return }
        // 128 bits, because a count and a time in ns over days overflow 64 bits when multiplied.
        let product = raw.multipliedFullWidth(by: enabled)
        let (low, carry) = product.low.addingReportingOverflow(running / 2)
        let high = product.high &+ (carry ? 1 : 0)
        count = high < running ? running.dividingFullWidth((high, low)).quotient : .max
    }

    /// Whether the count is an estimate, because the counter ran for a part of the time.
    public var isScaled: Bool { running < enabled && running > .zero }
    /// Whether it was enabled but never ran, so that nothing is known.
    public var neverRan: Bool { running == .zero && enabled > .zero }

    /// Adds the value of another CPU.
    public static func += (a: inout CounterValue, b: CounterValue) {
        a.count &+= b.count
        a.enabled += b.enabled
        a.running += b.running
    }
}
