import TraceProtocol

/// A count and what it counts.
public struct CountLine: Sendable, Hashable {
    /// What is counted: an event, on a node or on all, with a key.
    public struct Subject: Sendable, Hashable {
        /// Index in `FleetCounts.columns`.
        public let column: Int
        /// Index in `FleetCounts.nodes`; nil for all of them together.
        public let node: Int?
        /// Values of the keys, then the bucket of a histogram.
        public let key: [WireCountKey]
        /// The sum of all keys for which the table had no room.
        public let isOther: Bool

        init(column: Int, node: Int?, key: [WireCountKey] = [], isOther: Bool = false) {
            (self.column, self.node, self.key, self.isOther) = (column, node, key, isOther)
        }
    }

    /// What is counted.
    public let subject: Subject
    /// The count.
    public let sum: CountSum
}
