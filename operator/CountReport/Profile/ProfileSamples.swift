import SystemFacts
import TraceProtocol

/// What the CPUs of a fleet did when they were sampled: counts by node, task and stacks. No I/O, no time.
public struct ProfileSamples: Sendable {
    /// The keys of the request, in this order.
    public static let keys = ["comm", WireCountRequest.userStackKey, WireCountRequest.kernelStackKey]

    /// A row of one node.
    public struct Row: Sendable, Hashable {
        /// Name of the task.
        public let task: String
        /// The outermost first; the program's, then the kernel's.
        public let user: [String]
        public let kernel: [String]
        public let count: UInt64

        /// As one stack: the kernel's frames end with `_[k]`.
        public var frames: [String] { [task] + user + kernel.map { "\($0)_[k]" } }
        /// What the CPU executed.
        public var innermost: String { frames.last ?? task }
    }

    /// A node with its samples.
    public struct Node: Sendable {
        public let name: String
        /// The most frequent first.
        public internal(set) var rows: [Row] = []
        /// Samples in which the CPU had nothing to do.
        public internal(set) var idle: UInt64 = 0
        /// Samples for whose stacks there was no room.
        public internal(set) var other: UInt64 = 0
        /// How long it was sampled.
        public internal(set) var elapsed = Duration.zero
        public internal(set) var cpus = 0

        /// Samples of tasks that ran.
        public var busy: UInt64 { rows.reduce(other) { $0 &+ $1.count } }
    }

    /// By name.
    public private(set) var nodes: [Node]

    private static let noStack = WireCountRequest.noStack

    /// - Parameter cpus: how many each node has.
    public init(_ counts: FleetCounts, cpus: [String: Int]) {
        nodes = counts.nodes.map { node in
            var own = Node(name: node.name)
            own.cpus = cpus[node.name] ?? 0
            own.elapsed = .nanoseconds(node.totals?.elapsedNs ?? 0)
            var rows: [[WireCountKey]: UInt64] = [:]
            for row in node.totals?.rows ?? [] {
                if row.other { own.other &+= row.count } else { rows[row.key, default: 0] &+= row.count }
            }
            for (key, count) in rows where key.count == Self.keys.count {
                let texts = key.map(CountText.rawKey)
                if texts[0] == WireCountRequest.idleTask, texts[1] == Self.noStack, texts[2] == Self.noStack {
                    own.idle &+= count
                } else {
                    own.rows.append(
                        Row(
                            task: StackFrames.safe(texts[0]), user: Self.frames(texts[1]),
                            kernel: Self.frames(texts[2]), count: count))
                }
            }
            own.rows.sort { ($1.count, $0.frames.joined()) < ($0.count, $1.frames.joined()) }
            return own
        }.sorted { $0.name < $1.name }
    }

    private static func frames(_ text: String) -> [String] {
        guard text != noStack else { return [] }
        return text.split(separator: ";").map { StackFrames.safe(String($0)) }
    }

    /// All stacks with their counts.
    ///
    /// - Parameter merged: the nodes together; otherwise a node's name is the outermost frame.
    public func stacks(merged: Bool) -> [(frames: [String], count: UInt64)] {
        var sums: [[String]: UInt64] = [:]
        for node in nodes {
            let outer = merged ? [] : [StackFrames.safe(node.name)]
            for row in node.rows { sums[outer + row.frames, default: 0] &+= row.count }
            if node.other > 0 { sums[outer + ["[other: table full]"], default: 0] &+= node.other }
        }
        return sums.map { ($0.key, $0.value) }.sorted { $0.frames.lexicographicallyPrecedes($1.frames) }
    }
}
