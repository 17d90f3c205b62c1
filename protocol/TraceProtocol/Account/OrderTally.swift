/// How far the order of a timeline's events is known.
public struct OrderTally: Sendable, Hashable {
    /// Events that were put in order.
    public var events: UInt64 = 0
    /// Those whose order against an earlier one of another node is not known: the bounds of their times overlap.
    public var concurrent: UInt64 = 0
    /// Those whose bound does not rest on the stated assumptions, or is not known.
    public var doubtful: UInt64 = 0

    public init(events: UInt64 = 0, concurrent: UInt64 = 0, doubtful: UInt64 = 0) {
        self.events = events
        self.concurrent = concurrent
        self.doubtful = doubtful
    }
}
