/// From one timeline to another.
@frozen
public struct TimelineShift: Sendable, Hashable {
    /// How far the other is ahead, ns.
    public var offset: Int64
    /// `offset` is at most so far from the truth, ns; nil when nothing bounds it.
    public var error: Int64?

    @inlinable
    public init(_ offset: Int64, error: Int64? = 0) {
        self.offset = offset
        self.error = error
    }

    /// The same timeline.
    @inlinable public static var none: TimelineShift { TimelineShift(0) }
}
