/// A straight piece of an estimate: integer nanoseconds in, integer nanoseconds out, never decreasing.
@frozen
@usableFromInline
struct ClockLine: Sendable {
    @usableFromInline let agent: Int64
    @usableFromInline let estimate: Int64
    /// The slope's integer part.
    @usableFromInline let whole: UInt64
    /// The slope's fraction in units of 2^-64, rounded down.
    @usableFromInline let fraction: UInt64

    /// The line from one point to another; the second is later on both axes or the same.
    ///
    /// Rounding down keeps it at or below the second point, so the next piece starts no lower than this one ends.
    init(from agent: Int64, _ estimate: Int64, to laterAgent: Int64, _ laterEstimate: Int64) {
        self.agent = agent
        self.estimate = estimate
        let rise = UInt64(bitPattern: max(laterEstimate, estimate) &- estimate)
        let run = UInt64(bitPattern: max(laterAgent &- agent, 1))
        let (quotient, remainder) = rise.quotientAndRemainder(dividingBy: run)
        self.whole = quotient
        self.fraction = run.dividingFullWidth((high: remainder, low: 0)).quotient
    }

    /// The line through a point with the slope 1 + `slope` * 2^-60, starting at agent time 0 or at the point.
    init(through agent: Int64, _ estimate: Int64, slope: Int64, fromZero: Bool) {
        let unit: Int64 = 1 << 60
        self.whole = slope >= 0 ? 1 : 0
        self.fraction = UInt64(bitPattern: slope >= 0 ? slope : unit &+ slope) << 4
        guard fromZero else {
            self.agent = agent
            self.estimate = estimate
            return
        }
        self.agent = 0
        self.estimate = estimate &- Self.rise(UInt64(bitPattern: agent), whole, fraction)
    }

    /// The estimate at `time`, which is not before `agent`.
    @inlinable
    @inline(__always)
    func estimate(at time: Int64) -> Int64 {
        estimate &+ Self.rise(UInt64(bitPattern: time &- agent), whole, fraction)
    }

    @inlinable
    @inline(__always)
    static func rise(_ run: UInt64, _ whole: UInt64, _ fraction: UInt64) -> Int64 {
        Int64(bitPattern: run &* whole &+ run.multipliedFullWidth(by: fraction).high)
    }
}
