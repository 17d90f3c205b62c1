/// Two clocks of a node at one moment: a session's trace clock, read between two readings of the agent's clock (ns).
///
/// A trace clock that something adjusts (`boot`, `mono`, `tai`) is not probed. Its pairs tie it to the agent's clock,
/// which is: a pair says as much as a probe whose send and receive are the agent's readings on the timeline.
public struct ClockPair: Sendable, Hashable {
    /// The agent's clock before.
    public let before: Int64
    /// The trace clock.
    public let clock: Int64
    /// The agent's clock after.
    public let after: Int64

    /// The readings as they came.
    public init(before: Int64, clock: Int64, after: Int64) {
        self.before = before
        self.clock = clock
        self.after = after
    }

    /// How far (ns) a time stamp may be from what user space reads at the same moment. The kernel stamps events by
    /// copies of its clocks that are updated one after the other, and read without a lock (kernel/time/timekeeping.c,
    /// `ktime_get_mono_fast_ns`): a reader may be off by what the rate changed since the last tick, at most 500 ppm of
    /// 1 ms and a rounding.
    static let stampError: Int64 = 1000

    /// The pair as a probe of the trace clock; nil where the agent's readings have no certain place on the timeline.
    ///
    /// - Parameter agent: brings a time of the agent's clock onto the timeline.
    func probe(_ agent: (Int64) -> MappedTime) -> ClockProbe? {
        guard after >= before, ClockLimits.accepts(agentTime: clock) else { return nil }
        let (first, last) = (agent(before), agent(after))
        guard first.quality == .bounded, last.quality == .bounded, first.bound.isBounded, last.bound.isBounded,
            first.lower > Self.stampError
        else { return nil }
        return ClockProbe(
            t1: first.lower &- Self.stampError, t2: clock, t3: clock, t4: last.upper &+ Self.stampError)
    }
}

extension ClockAssumptions {
    /// Of a clock that is slewed. To the range of the agent's clock comes that of the kernel's frequency adjustment,
    /// ±500 ppm (kernel/time/ntp.c, `MAXFREQ`). adjtimex(2) can do more (`tick`, 10 %): then pairs contradict each other.
    public static let slewed = ClockAssumptions(rate: RateRange(partsPerMillion: 1001) ?? .standard)
}
