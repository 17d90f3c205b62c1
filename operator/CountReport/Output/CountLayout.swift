import TraceProtocol

/// How counts are to be shown.
public struct CountLayout: Sendable {
    /// Names of the keys, without the node.
    public var keys: [String]
    /// A row for each node.
    public var isByNode: Bool
    /// The last part of a key is a power of two.
    public var hasBuckets: Bool
    /// The powers of two are nanoseconds.
    public var isLatency: Bool
    /// Rows shown of each event; nil for all.
    public var top: Int?
    /// Characters in a line; nil for as many as it takes.
    public var width: Int?
    /// Rows are of intervals: they begin with the time.
    public var isTimed: Bool

    /// For an order.
    public init(_ order: WireCountRequest, isByNode: Bool, top: Int?, width: Int?) {
        keys = order.keys
        hasBuckets = order.hasBuckets
        isLatency = order.hasLatency
        self.isByNode = isByNode
        self.top = top
        self.width = width
        isTimed = order.intervalMs > 0
    }
}
