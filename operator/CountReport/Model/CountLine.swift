import TraceProtocol

/// What a count is told apart by, beyond the node.
public struct CountLine: Sendable, Hashable {
    /// What is counted.
    public struct Place: Sendable, Hashable {
        /// Index in `FleetCounts.columns`.
        public let column: Int
        /// Index in `FleetCounts.nodes`; nil for all of them together.
        public let node: Int?
        /// Values of the keys, then the bucket of a histogram.
        public let key: [WireCountKey]
        /// What the table had no room for.
        public let isOther: Bool

        init(column: Int, node: Int?, key: [WireCountKey] = [], isOther: Bool = false) {
            (self.column, self.node, self.key, self.isOther) = (column, node, key, isOther)
        }
    }

    /// What is counted.
    public let place: Place
    /// How much.
    public let sum: CountSum
}
