import TraceProtocol

/// What a session's nodes have counted so far: the last totals of each node. No I/O, no time.
public struct CountLedger: Sendable {
    /// What the operator asked for.
    public let request: WireCountRequest
    private var nodes: [Entry]
    /// Rows for each key of a table, as far as they may be: kernel tables hold some more than their limit.
    private let rowsPerKey: Int

    private struct Entry {
        var plan = WireCountPlan()
        var state = WireNodeCounts.State.counting
        var reason = ""
        var gaps: [WireRecordingGap] = []
        var missed: [WireProbeMisses] = []
        var totals: WireCountTotals?
        /// Not in a report yet.
        var isNews = false
        /// It has said what it counts; before that nothing is expected of it.
        var isPlanned = false
    }

    /// For a session of so many nodes.
    public init(_ request: WireCountRequest, nodes count: Int, budget: Budget.Session = Budget.Session()) {
        self.request = request
        rowsPerKey = budget.rowsPerKey
        nodes = Array(repeating: Entry(), count: count)
    }

    /// Rows have keys that are added up over the nodes here.
    public var isMerged: Bool { request.needsTables && !request.perNode }
    /// Some node has news since the last report.
    public var hasNews: Bool { nodes.contains(where: \.isNews) }

    /// Every node that counts has sent the same interval's totals.
    public var isAligned: Bool {
        let numbers = nodes.filter { $0.isPlanned && $0.state == .counting }.map { $0.totals?.number ?? 0 }
        return Set(numbers).count <= 1
    }

    /// A node has said what it counts.
    public mutating func planned(_ node: Int, _ plan: WireCountPlan) {
        nodes[node].plan = plan
        nodes[node].isPlanned = true
    }

    /// The most texts and messages that totals of a node can hold, if they are what was asked for: for each row the row
    /// itself, for each part of its key the part and its text, and the values beside its count.
    func mostParts(of node: Int) -> Int {
        let limit = Int(request.tableLimit == 0 ? WireCountRequest.usualTableLimit : request.tableLimit)
        let keys = max(limit, request.keys.contains("cpu") ? Watermark.maximumCPUs : 1)
        let rows = (keys * rowsPerKey + 1) * nodes[node].plan.columns.count
        return 16 + rows * (1 + 2 * request.keyLength + request.sums.count + request.maxima.count)
    }

    /// A node's totals have come. They are ignored if newer ones are here already.
    ///
    /// - Throws: `ProtocolError.malformed` when they do not fit what the node said it counts.
    public mutating func receive(_ totals: WireCountTotals, from node: Int) throws(ProtocolError) {
        try check(totals, of: node)
        guard nodes[node].state != .finished, totals.elapsedNs >= nodes[node].totals?.elapsedNs ?? 0 else { return }
        nodes[node].totals = totals
        nodes[node].isNews = true
    }

    /// A node's final totals have come.
    public mutating func finish(_ node: Int, _ totals: WireCountTotals, reason: String) throws(ProtocolError) {
        try check(totals, of: node)
        nodes[node].totals = totals
        set(node, .finished, reason)
    }

    /// A node was lost, has come back, or is given up.
    public mutating func set(_ node: Int, _ state: WireNodeCounts.State, _ reason: String) {
        guard nodes[node].state != .finished else { return }
        nodes[node].state = state
        nodes[node].reason = reason
        nodes[node].isNews = true
    }

    /// When a node did not count.
    public mutating func set(_ node: Int, gaps: [WireRecordingGap]) {
        guard gaps != nodes[node].gaps else { return }
        nodes[node].gaps = gaps
        nodes[node].isNews = true
    }

    /// What a node's probes missed.
    public mutating func set(_ node: Int, missed: [WireProbeMisses]) {
        guard missed != nodes[node].missed else { return }
        nodes[node].missed = missed
        nodes[node].isNews = true
    }

    private func check(_ totals: WireCountTotals, of node: Int) throws(ProtocolError) {
        let columns = nodes[node].plan.columns.count
        for row in totals.rows {
            guard row.column < columns, row.key.count == (row.other ? 0 : request.keyLength),
                row.sums.count == request.sums.count, row.maxima.count == request.maxima.count,
                row.key.enumerated().allSatisfy({ $1.value != nil && $1.text.count <= request.longestText(ofKey: $0) })
            else { throw .malformed(.counts, "a row does not fit what the node counts") }
        }
    }

    /// Its operator has got nothing: everything is news again.
    public mutating func renew() {
        for node in nodes.indices where nodes[node].isPlanned { nodes[node].isNews = true }
    }

    // MARK: Reports

    /// Bytes of rows after which the next report begins: well below a frame's limit.
    private static let reportSize = 8 << 20

    /// What has changed since the last call, in pieces that fit into a frame.
    public mutating func reports(session: UInt64) -> [WireCountReport] {
        var all: [WireCountReport] = []
        var report = WireCountReport()
        report.session = session
        var size = 0
        for node in nodes.indices where nodes[node].isNews {
            nodes[node].isNews = false
            let counts = counts(of: node)
            size += 64 + counts.totals.rows.reduce(0) { $0 + Self.size(of: $1) }
            report.nodes.append(counts)
            guard size >= Self.reportSize else { continue }
            all.append(report)
            report.nodes = []
            size = 0
        }
        if isMerged {
            var merged = CountMerge(limit: Int(WireCountRequest.largestTableLimit))
            for entry in nodes { if let totals = entry.totals { merged.add(totals, entry.plan) } }
            report.columns = merged.columns
            report.merged = merged.rows()
        }
        all.append(report)
        return all
    }

    private func counts(of node: Int) -> WireNodeCounts {
        let entry = nodes[node]
        var counts = WireNodeCounts()
        counts.node = UInt32(node)
        counts.state = entry.state
        counts.reason = entry.reason
        counts.gaps = entry.gaps
        counts.missed = entry.missed
        guard let totals = entry.totals else { return counts }
        counts.totals = totals
        if isMerged { counts.totals.rows = CountMerge.sums(totals.rows) }
        return counts
    }

    private static func size(of row: WireCountRow) -> Int {
        40 + row.key.reduce(0) { $0 + 12 + $1.text.count }
    }
}
