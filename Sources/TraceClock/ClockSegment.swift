/// The map from agent time to controller time over one stretch of agent time. A merge keeps one for each stream.
///
/// Mapping costs five multiplications and no memory access outside this value.
@frozen
public struct ClockSegment: Sendable {
    /// The first agent time (ns) that this segment maps.
    public let first: Int64
    /// The last agent time (ns) that this segment maps.
    public let last: Int64
    @usableFromInline let line: ClockLine
    @usableFromInline let rate: RateRange
    @usableFromInline let cones: ClockCones
    @usableFromInline let readingSpan: Int64
    @usableFromInline let mapping: Mapping
    /// The bound rests on a wider wander than the stated one, which the probes refute.
    @usableFromInline let isRefuted: Bool

    @usableFromInline
    @frozen
    enum Mapping: UInt8, Sendable {
        /// Between two samples of a refined clock: cones bound the time, and the estimate is clamped to them.
        case refined
        /// On a path that was already shown: the estimate stays, and the bound is widened to hold it.
        case shown
        /// Inside a gap: the cones' values bound the time as they are.
        case gap
        /// Nothing is known.
        case unknown
    }

    @usableFromInline
    init(
        first: Int64, last: Int64, line: ClockLine, rate: RateRange, cones: ClockCones, readingSpan: Int64,
        mapping: Mapping, isRefuted: Bool = false
    ) {
        self.first = first
        self.last = last
        self.line = line
        self.rate = rate
        self.cones = cones
        self.readingSpan = readingSpan
        self.mapping = mapping
        self.isRefuted = isRefuted
    }

    /// All times unchanged, with no bound: for a clock without probes.
    public static let uncorrected = unknown(first: 0, last: .max, .standard)

    static func unknown(first: Int64, last: Int64, _ assumptions: ClockAssumptions) -> ClockSegment {
        ClockSegment(
            first: first, last: last, line: ClockLine(through: 0, 0, slope: 0, fromZero: false), rate: assumptions.rate,
            cones: ClockCones(), readingSpan: 0, mapping: .unknown)
    }

    /// Whether `map` may be called with `agentTime`.
    @inlinable
    @inline(__always)
    public func contains(_ agentTime: Int64) -> Bool { first <= agentTime && agentTime <= last }

    /// The time on the controller's timeline, with its bound, of a reading `agentTime` that this segment contains.
    ///
    /// A reading outside the segment gives `MappedTime.unknown`.
    @inlinable
    public func map(_ agentTime: Int64) -> MappedTime {
        guard contains(agentTime), mapping != .unknown else { return .unknown(agentTime: agentTime) }
        var estimate = line.estimate(at: agentTime)
        var lower: Int64
        var upper: Int64
        if mapping == .gap {
            lower = cones.lowerBefore
            upper = cones.upperAfter
        } else {
            lower = cones.lower(at: agentTime, rate)
            upper = cones.upper(at: agentTime, rate)
        }
        // Probes that came out of order can contradict each other; this is where it shows.
        let isContradiction = lower > upper
        if mapping == .refined, !isContradiction {
            estimate = max(lower, min(estimate, upper))
        } else {
            if isContradiction { swap(&lower, &upper) }
            lower = min(lower, estimate)
            upper = max(upper, estimate)
        }
        // The event happened within one step of the agent's clock after the reading.
        if upper != .max { upper = upper &+ readingSpan }
        return MappedTime(
            estimate: estimate, bound: ClockBound(lower: lower, upper: upper),
            quality: mapping == .gap || isContradiction || isRefuted ? .degraded : .bounded)
    }

    /// The estimate alone: what a merge sorts by.
    @inlinable
    public func estimate(_ agentTime: Int64) -> Int64 {
        mapping == .refined ? map(agentTime).estimate : contains(agentTime) ? line.estimate(at: agentTime) : agentTime
    }
}
