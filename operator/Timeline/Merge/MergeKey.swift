/// An event's position in the merged order: time, then node, reading of its clock and CPU. So the same input
/// always gives the same output, and a node's events keep their order where several get one estimate.
@frozen
public struct MergeKey: Sendable, Hashable {
    /// Estimated time on the controller's timeline, ns. Times are Int64 throughout the merge, as in `TraceClock`: events
    /// are compared by them millions of times a second.
    public let time: Int64
    /// Index of the node in the session.
    public let node: UInt32
    /// CPU of the node.
    public let cpu: UInt32
    /// Reading of the node's trace clock, ns.
    public let stamp: Int64

    /// A position in the order.
    @inlinable
    public init(time: Int64, node: UInt32, cpu: UInt32, stamp: Int64) {
        self.time = time
        self.node = node
        self.cpu = cpu
        self.stamp = stamp
    }
}

extension MergeKey: LoserTreeKey {
    /// After every event that can occur.
    @inlinable public static var last: MergeKey { MergeKey(time: .max, node: .max, cpu: .max, stamp: .max) }

    /// Time, node, reading, CPU.
    @inlinable
    @inline(__always)
    public static func < (a: MergeKey, b: MergeKey) -> Bool {
        if a.time != b.time { return a.time < b.time }
        if a.node != b.node { return a.node < b.node }
        if a.stamp != b.stamp { return a.stamp < b.stamp }
        return a.cpu < b.cpu
    }
}
