import TraceProtocol

/// The counts of a fleet as its operator sees them. No I/O, no time.
public struct FleetCounts: Sendable {
    /// One node that counts.
    public struct Node: Sendable {
        /// Its name.
        public let name: String
        /// What it counts, in its own order.
        public let plan: [WireCountColumn]
        /// Whether it counts, and why not.
        public internal(set) var state = WireNodeCounts.State.counting
        /// Why it is gone, or ended without a command.
        public internal(set) var reason = ""
        /// When it did not count.
        public internal(set) var gaps: [WireRecordingGap] = []
        /// What its probes missed; known at the end.
        public internal(set) var missed: [WireProbeMisses] = []
        /// The latest totals; nil before the first.
        public internal(set) var totals: WireCountTotals?
        /// The index in `FleetCounts.columns` of each column of `plan`.
        let columns: [Int]
    }

    /// The nodes that started, by name.
    public private(set) var nodes: [Node] = []
    /// When nodes did not count that had promised to and never started, by name.
    public private(set) var missing: [String: [WireRecordingGap]] = [:]
    /// The names of the session's nodes.
    private let names: [String]
    /// The names of the events and counters that any node counts.
    public private(set) var columns: [String] = []
    /// Rows with keys, added up over the nodes by the controller; indices of `columns`.
    private(set) var merged: [WireCountRow] = []
    /// Index in the session's list of nodes to index in `nodes`.
    private var nodeIndices: [UInt32: Int] = [:]

    /// From the reply to the request.
    public init(_ opened: WireSessionOpened) {
        names = opened.sessionDescription.nodes
        let sessionIndices = Dictionary(
            opened.sessionDescription.nodes.enumerated().map { ($1, UInt32($0)) },
            uniquingKeysWith: { first, _ in first })
        for reply in opened.replies where reply.started {
            let plan = reply.prepared.count.columns
            let own = plan.map { columnIndex(of: $0.event) }
            if let index = sessionIndices[reply.node] { nodeIndices[index] = nodes.count }
            nodes.append(Node(name: reply.node, plan: plan, columns: own))
        }
    }

    private mutating func columnIndex(of event: String) -> Int {
        if let index = columns.firstIndex(of: event) { return index }
        columns.append(event)
        return columns.count - 1
    }

    /// Adds what has changed.
    public mutating func ingest(_ report: WireCountReport) {
        for counts in report.nodes {
            guard let index = nodeIndices[counts.node] else {
                if !counts.gaps.isEmpty, names.indices.contains(Int(counts.node)) {
                    missing[names[Int(counts.node)]] = counts.gaps
                }
                continue
            }
            nodes[index].state = counts.state
            nodes[index].reason = counts.reason
            nodes[index].gaps = counts.gaps
            nodes[index].missed = counts.missed
            if counts.hasTotals { nodes[index].totals = counts.totals }
        }
        guard !report.merged.isEmpty else { return }
        let indices = report.columns.map { columnIndex(of: $0) }
        merged = report.merged.compactMap { row in
            guard indices.indices.contains(Int(row.column)) else { return nil }
            var row = row
            row.column = UInt32(indices[Int(row.column)])
            return row
        }
    }

    /// All counts by node.
    public func nodeSums() -> [CountLine.Subject: CountSum] {
        var sums: [CountLine.Subject: CountSum] = [:]
        for (index, node) in nodes.enumerated() {
            for row in node.totals?.rows ?? [] where node.columns.indices.contains(Int(row.column)) {
                let subject = CountLine.Subject(
                    column: node.columns[Int(row.column)], node: index, key: row.key, isOther: row.other)
                sums[subject, default: CountSum()] += CountSum(row)
            }
        }
        return sums
    }

    /// All counts that the controller has added up over the nodes.
    public func mergedSums() -> [CountLine.Subject: CountSum] {
        var sums: [CountLine.Subject: CountSum] = [:]
        for row in merged {
            let subject = CountLine.Subject(column: Int(row.column), node: nil, key: row.key, isOther: row.other)
            sums[subject, default: CountSum()] += CountSum(row)
        }
        return sums
    }

    /// The longest time that a node has counted.
    public var elapsed: Duration { .nanoseconds(nodes.compactMap { $0.totals?.elapsedNs }.max() ?? 0) }
    /// Events that nodes could not count.
    public var lost: UInt64 { nodes.reduce(0) { $0 &+ ($1.totals?.lost ?? 0) } }
    /// Exits without an entry.
    public var unmatched: UInt64 { nodes.reduce(0) { $0 &+ ($1.totals?.unmatched ?? 0) } }

    /// The latest interval for which every node that still counts has sent its totals; nil when no node counts any
    /// more.
    public var completeInterval: UInt64? {
        nodes.filter { $0.state == .counting }.map { $0.totals?.number ?? 0 }.min()
    }

    /// The latest interval that any node has sent.
    public var latestInterval: UInt64 { nodes.map { $0.totals?.number ?? 0 }.max() ?? 0 }

    /// Why a node does not count a column; nil if it does, or if the column is not in its plan.
    func refusal(column: Int, node: Int) -> String? {
        guard let index = nodes[node].columns.firstIndex(of: column) else { return nil }
        let refused = nodes[node].plan[index].refused
        return refused.isEmpty ? nil : refused
    }

    /// Why no node counts a column; nil if one does.
    public func refusal(column: Int) -> String? {
        let refusals = nodes.indices.map { refusal(column: column, node: $0) }
        return refusals.allSatisfy { $0 != nil } ? refusals.first ?? nil : nil
    }
}
