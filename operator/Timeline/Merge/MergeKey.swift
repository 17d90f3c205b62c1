/// An event's position in the merged order: time, then node, CPU and sequence, so that the same input always
/// gives the same output.
@frozen
public struct MergeKey: Sendable, Hashable {
    /// Estimated time on the controller's timeline, ns. Times are Int64 throughout the merge, as in `TraceClock`: events
    /// are compared by them millions of times a second.
    public let time: Int64
    /// Index of the node in the session.
    public let node: UInt32
    /// CPU of the node.
    public let cpu: UInt32
    /// How many events of its CPU came up to and including it.
    public let sequence: UInt64

    /// A position in the order.
    @inlinable
    public init(time: Int64, node: UInt32, cpu: UInt32, sequence: UInt64) {
        self.time = time
        self.node = node
        self.cpu = cpu
        self.sequence = sequence
    }
}

extension MergeKey: LoserTreeKey {
    /// After every event that can occur.
    @inlinable public static var last: MergeKey { MergeKey(time: .max, node: .max, cpu: .max, sequence: .max) }

    /// Time, node, CPU, sequence.
    @inlinable
    @inline(__always)
    public static func < (a: MergeKey, b: MergeKey) -> Bool {
        if a.time != b.time { return a.time < b.time }
        if a.node != b.node { return a.node < b.node }
        if a.cpu != b.cpu { return a.cpu < b.cpu }
        return a.sequence < b.sequence
    }
}
