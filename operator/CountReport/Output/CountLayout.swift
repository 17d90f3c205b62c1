import TraceProtocol

/// How counts are shown.
public struct CountLayout: Sendable {
    /// Names of the keys, without the node.
    public var keys: [String]
    /// Rows are functions, with the times of their calls.
    public var isByFunction: Bool { keys == [WireCountRequest.functionKey] }
    /// A row for each node.
    public var isByNode: Bool
    /// The last part of a key is a power of two.
    public var hasBuckets: Bool
    /// The powers of two are nanoseconds.
    public var isLatency: Bool
    /// What stands beside the counts.
    public var values: [ValueColumn] = []
    /// Rows shown of each event; nil for all.
    public var top: Int?
    /// Characters in a line; nil for no limit.
    public var width: Int?
    /// Rows are of intervals, and begin with the time.
    public var isTimed: Bool

    /// Of each part of a key: with a histogram its range comes last.
    var keyNames: [String] { keys + (hasBuckets ? ["range"] : []) }

    /// For a count request.
    public init(_ request: WireCountRequest, isByNode: Bool, top: Int?, width: Int?) {
        keys = request.keys
        hasBuckets = request.hasBuckets
        isLatency = request.hasLatency
        self.isByNode = isByNode
        self.top = top
        self.width = width
        isTimed = request.intervalMs > 0
    }
}
