/// A closed interval of controller time, in ns, that contains the true time under the stated assumptions.
///
/// Times are Int64 nanoseconds throughout this module, not instants and durations: each event's time is mapped by it,
/// and its 128-bit products and saturating sums are those of integers.
@frozen
public struct ClockBound: Sendable, Hashable {
    /// The least possible time; `Int64.min` when nothing is known.
    public let lower: Int64
    /// The greatest possible time; `Int64.max` when nothing is known.
    public let upper: Int64

    /// Nothing is known.
    public static let unbounded = ClockBound(lower: .min, upper: .max)

    /// The interval from `lower` to `upper`; `upper` below `lower` stands for no interval and contains nothing.
    @inlinable
    public init(lower: Int64, upper: Int64) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether both sides are known.
    @inlinable public var isBounded: Bool { lower != .min && upper != .max }

    /// The length in ns, saturating; `nil` when a side is not known.
    public var width: Int64? {
        guard isBounded else { return nil }
        let (width, overflow) = upper.subtractingReportingOverflow(lower)
        return overflow ? .max : width
    }

    /// Half the length in ns, rounded up; `nil` when a side is not known.
    public var halfWidth: Int64? { width.map { $0 / 2 + $0 % 2 } }

    /// The middle, rounded down; `nil` when a side is not known.
    var midpoint: Int64? { isBounded ? Int64((Int128(lower) + Int128(upper)) >> 1) : nil }

    /// Whether `time` is possible.
    @inlinable
    public func contains(_ time: Int64) -> Bool { lower <= time && time <= upper }

    /// Whether the two can be the same moment: then the order of two events on different nodes is not known.
    @inlinable
    public func overlaps(_ other: ClockBound) -> Bool { lower <= other.upper && other.lower <= upper }
}
