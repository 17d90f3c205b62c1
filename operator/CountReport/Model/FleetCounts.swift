import TraceProtocol

/// The counts of a fleet as its operator sees them. No I/O, no time.
public struct FleetCounts: Sendable {
    /// One node that counts.
    public struct Node: Sendable {
        /// Its name.
        public let name: String
        /// What it counts, in its own order.
        public let plan: [WireCountColumn]
        /// How its part stands.
        public internal(set) var state = WireNodeCounts.State.counting
        /// Why it is gone, or ended by itself.
        public internal(set) var reason = ""
        /// The last that came.
        public internal(set) var totals: WireCountTotals?
        /// Index in `FleetCounts.columns` of each of its own.
        let columns: [Int]
    }

    /// The nodes that started, by name.
    public private(set) var nodes: [Node] = []
    /// The names of what is counted, on whichever node.
    public private(set) var columns: [String] = []
    /// Rows with keys, added up over the nodes by the controller; indices of `columns`.
    private(set) var merged: [WireCountRow] = []
    /// Index in the session's list of nodes to index in `nodes`.
    private var indices: [UInt32: Int] = [:]

    /// From the answer to the order.
    public init(_ opened: WireSessionOpened) {
        let order = Dictionary(
            opened.sessionDescription.nodes.enumerated().map { ($1, UInt32($0)) },
            uniquingKeysWith: { first, _ in first })
        for answer in opened.replies where answer.started {
            let plan = answer.prepared.count.columns
            let places = plan.map { place($0.event) }
            if let index = order[answer.node] { indices[index] = nodes.count }
            nodes.append(Node(name: answer.node, plan: plan, columns: places))
        }
    }

    private mutating func place(_ event: String) -> Int {
        if let index = columns.firstIndex(of: event) { return index }
        columns.append(event)
        return columns.count - 1
    }

    /// Takes in what has changed.
    public mutating func take(_ report: WireCountReport) {
        for counts in report.nodes {
            guard let index = indices[counts.node] else { continue }
            nodes[index].state = counts.state
            nodes[index].reason = counts.reason
            if counts.hasTotals { nodes[index].totals = counts.totals }
        }
        guard !report.merged.isEmpty else { return }
        let places = report.columns.map { place($0) }
        merged = report.merged.compactMap { row in
            guard places.indices.contains(Int(row.column)) else { return nil }
            var row = row
            row.column = UInt32(places[Int(row.column)])
            return row
        }
    }

    /// Everything that is told of each node.
    public func nodeSums() -> [CountLine.Place: CountSum] {
        var sums: [CountLine.Place: CountSum] = [:]
        for (index, node) in nodes.enumerated() {
            for row in node.totals?.rows ?? [] where node.columns.indices.contains(Int(row.column)) {
                let place = CountLine.Place(
                    column: node.columns[Int(row.column)], node: index, key: row.key, isOther: row.other)
                sums[place, default: CountSum()] += CountSum(row)
            }
        }
        return sums
    }

    /// Everything that was added up by the controller.
    public func mergedSums() -> [CountLine.Place: CountSum] {
        var sums: [CountLine.Place: CountSum] = [:]
        for row in merged {
            let place = CountLine.Place(column: Int(row.column), node: nil, key: row.key, isOther: row.other)
            sums[place, default: CountSum()] += CountSum(row)
        }
        return sums
    }

    /// The longest time that a node has counted; ns.
    public var elapsed: UInt64 { nodes.compactMap { $0.totals?.elapsedNs }.max() ?? 0 }
    /// Events that nodes could not count.
    public var lost: UInt64 { nodes.reduce(0) { $0 &+ ($1.totals?.lost ?? 0) } }
    /// Exits without an entry.
    public var unmatched: UInt64 { nodes.reduce(0) { $0 &+ ($1.totals?.unmatched ?? 0) } }

    /// The highest interval of which every node that still counts has sent its totals; nil when none counts any more.
    public var completeInterval: UInt64? {
        nodes.filter { $0.state == .counting }.map { $0.totals?.number ?? 0 }.min()
    }

    /// The highest interval that any node has sent.
    public var latestInterval: UInt64 { nodes.map { $0.totals?.number ?? 0 }.max() ?? 0 }

    /// Why a column is not counted on a node; nil if it is, or the node does not know it.
    func refusal(column: Int, node: Int) -> String? {
        guard let index = nodes[node].columns.firstIndex(of: column) else { return nil }
        let refused = nodes[node].plan[index].refused
        return refused.isEmpty ? nil : refused
    }

    /// Why a column is counted on no node; nil if it is on some.
    public func refusal(column: Int) -> String? {
        let refusals = nodes.indices.map { refusal(column: column, node: $0) }
        return refusals.allSatisfy { $0 != nil } ? refusals.first ?? nil : nil
    }
}
