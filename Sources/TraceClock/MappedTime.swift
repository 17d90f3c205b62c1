/// How far a mapped time can be trusted.
@frozen
public enum ClockQuality: UInt8, Sendable, Hashable, Comparable {
    /// No probe yet (or the time is beyond `ClockLimits`): the bound is infinite, the estimate is the agent's own time.
    case unknown
    /// In the gap of a clock break: only the order of events and probes bounds the time, not the rate.
    case degraded
    /// The bound holds under the stated assumptions.
    case bounded

    /// What is worth less is less.
    public static func < (a: ClockQuality, b: ClockQuality) -> Bool { a.rawValue < b.rawValue }
}

/// An agent's time brought onto the controller's timeline, in ns.
@frozen
public struct MappedTime: Sendable, Hashable {
    /// The time to sort by and to print: never decreasing in agent time within a node, always inside the bound.
    public let estimate: Int64
    /// Where the true time lies.
    public let bound: ClockBound
    /// Whether the bound rests on the assumptions or on causality alone.
    public let quality: ClockQuality

    /// A time with its bound.
    @inlinable
    public init(estimate: Int64, bound: ClockBound, quality: ClockQuality) {
        self.estimate = estimate
        self.bound = bound
        self.quality = quality
    }

    /// The agent's own reading, of which nothing else is known.
    @inlinable
    public static func unknown(agentTime: Int64) -> MappedTime {
        MappedTime(estimate: agentTime, bound: ClockBound(lower: .min, upper: .max), quality: .unknown)
    }

    /// The same moment on a timeline that is ahead. Unknown bounds stay unknown.
    @inlinable
    public func shifted(by shift: TimelineShift) -> MappedTime {
        guard shift != .none else { return self }
        guard let error = shift.error else {
            return MappedTime(
                estimate: estimate &+ shift.offset, bound: ClockBound(lower: .min, upper: .max), quality: .unknown)
        }
        return MappedTime(
            estimate: estimate &+ shift.offset,
            bound: ClockBound(
                lower: lower == .min ? .min : lower &+ shift.offset &- error,
                upper: upper == .max ? .max : upper &+ shift.offset &+ error),
            quality: quality)
    }

    /// The least possible time, ns.
    @inlinable public var lower: Int64 { bound.lower }
    /// The greatest possible time, ns.
    @inlinable public var upper: Int64 { bound.upper }

    /// The true time is `estimate` ± this many ns; `nil` when nothing bounds it.
    public var plusMinus: Int64? {
        guard bound.isBounded else { return nil }
        let (above, overflowAbove) = bound.upper.subtractingReportingOverflow(estimate)
        let (below, overflowBelow) = estimate.subtractingReportingOverflow(bound.lower)
        return overflowAbove || overflowBelow ? .max : max(above, below)
    }

    /// `±1.234us`, `±12.3ms` or `±unknown`; a degraded bound ends in `?`.
    public var boundDescription: String {
        guard let halfWidth = plusMinus else { return "±unknown" }
        return "±" + Self.shortDuration(halfWidth) + (quality == .bounded ? "" : "?")
    }

    /// `ns` in the largest unit that leaves three digits before the point at most, rounded up.
    static func shortDuration(_ ns: Int64) -> String {
        let units: [(name: String, size: Int64)] = [("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)]
        guard ns >= 1000 else { return "\(ns)ns" }
        for unit in units where ns < unit.size * 1000 || unit.name == "s" {
            let tenths = ns / (unit.size / 10) + (ns % (unit.size / 10) == 0 ? 0 : 1)
            return "\(tenths / 10).\(tenths % 10)\(unit.name)"
        }
        return "\(ns)ns"
    }
}
