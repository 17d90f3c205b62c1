/// The four cones that bound a stretch of agent time: the dominating lower and upper ones from each side.
///
/// A value of `Int64.min` (lower) or `Int64.max` (upper) stands for a cone that does not exist.
@frozen
@usableFromInline
struct ClockCones: Sendable {
    @usableFromInline var lowerBeforeAgent: Int64 = 0
    @usableFromInline var lowerBefore: Int64 = .min
    @usableFromInline var upperBeforeAgent: Int64 = 0
    @usableFromInline var upperBefore: Int64 = .max
    @usableFromInline var lowerAfterAgent: Int64 = 0
    @usableFromInline var lowerAfter: Int64 = .min
    @usableFromInline var upperAfterAgent: Int64 = 0
    @usableFromInline var upperAfter: Int64 = .max

    init() {}

    /// Cones rising from the left end of a stretch: a lower one and an upper one, from `lower` and `upper`.
    mutating func setBefore(lower: ClockSample, upper: ClockSample) {
        (lowerBeforeAgent, lowerBefore) = (lower.agent, lower.lower)
        (upperBeforeAgent, upperBefore) = (upper.agent, upper.upper)
    }

    /// Cones opening backwards from the right end of a stretch.
    mutating func setAfter(lower: ClockSample, upper: ClockSample) {
        (lowerAfterAgent, lowerAfter) = (lower.agent, lower.lower)
        (upperAfterAgent, upperAfter) = (upper.agent, upper.upper)
    }

    @inlinable
    @inline(__always)
    func lower(at time: Int64, _ rate: RateRange) -> Int64 {
        let rising = lowerBefore == .min ? .min : lowerBefore &+ rate.leastElapsed(over: time &- lowerBeforeAgent)
        let falling = lowerAfter == .min ? .min : lowerAfter &- rate.greatestElapsed(over: lowerAfterAgent &- time)
        return max(rising, falling)
    }

    @inlinable
    @inline(__always)
    func upper(at time: Int64, _ rate: RateRange) -> Int64 {
        let rising = upperBefore == .max ? .max : upperBefore &+ rate.greatestElapsed(over: time &- upperBeforeAgent)
        let falling = upperAfter == .max ? .max : upperAfter &- rate.leastElapsed(over: upperAfterAgent &- time)
        return min(rising, falling)
    }
}
