import TraceProtocol

/// How often each event happens on each node, from the totals that a count brings. No I/O, no time.
public struct FleetRates: Sendable {
    /// One node that counts.
    struct Node: Sendable {
        let name: String
        /// Its columns as indices of `events`.
        let columns: [Int]
        var state = WireNodeCounts.State.counting
        var reason = ""
        /// When it did not count.
        var gaps: [WireRecordingGap] = []
        /// By event.
        var totals: [UInt64]
        var rates: [RateHistory]
        var rate = RateHistory()
        /// Number of the latest interval.
        var interval: UInt64 = 0
        /// Since the start.
        var elapsed = Duration.zero
        /// Lost events as the controller counts them: so far, and since the last report.
        var lost: UInt64 = 0
        var lostNow: UInt64 = 0
        /// Whether the controller has heard from it lately.
        var isHeard = true
        /// What keeps its recorded events from arriving; empty while nothing does.
        var standstill = ""

        var total: UInt64 { totals.reduce(0, &+) }
        var isStalled: Bool { !isHeard || state != .counting }
        /// Nothing more will come of it.
        private var hasEnded: Bool { state == .finished || state == .gone }
        private var endReason: String { gaps.last?.reason ?? reason }
        /// What is said of one that is stalled or has ended.
        var stallNote: String {
            (hasEnded ? "ended" : "stalled") + (endReason.isEmpty ? "" : ": \(endReason)")
        }
    }

    /// How long a node may be silent: it gets a clock probe at least every second, whatever its interval.
    private static let longestSilence: Duration = .seconds(2)

    var nodes: [Node] = []
    public private(set) var events: [String] = []
    /// Why nodes do not count that had promised to, by index in the session's list of nodes.
    private var missing: [UInt32: [WireRecordingGap]] = [:]
    private let allNames: [String]
    /// Index in the session's list of nodes to index in `nodes`.
    private var indices: [UInt32: Int] = [:]
    private var names: [String: Int] = [:]

    /// From the reply to the request.
    public init(_ opened: WireSessionOpened) {
        allNames = opened.sessionDescription.nodes
        let sessionIndices = Dictionary(
            opened.sessionDescription.nodes.enumerated().map { ($1, UInt32($0)) },
            uniquingKeysWith: { first, _ in first })
        var eventIndices: [String: Int] = [:]
        for reply in opened.replies where reply.started {
            let columns = reply.prepared.count.columns.map { column -> Int in
                if let index = eventIndices[column.event] { return index }
                eventIndices[column.event] = events.count
                events.append(column.event)
                return events.count - 1
            }
            if let index = sessionIndices[reply.node] { indices[index] = nodes.count }
            names[reply.node] = nodes.count
            nodes.append(Node(name: reply.node, columns: columns, totals: [], rates: []))
        }
        for node in nodes.indices {
            nodes[node].totals = Array(repeating: 0, count: events.count)
            nodes[node].rates = Array(repeating: RateHistory(), count: events.count)
        }
    }

    /// The names of the nodes that count.
    public var nodeNames: [String] { nodes.map(\.name) }

    /// Whether all nodes that still count have reached the same interval, so that they can be added up.
    public var isComplete: Bool {
        Set(nodes.filter { !$0.isStalled }.map(\.interval)).count == 1
    }

    /// Whether any node has counted for an interval.
    public var hasRates: Bool { nodes.contains { $0.interval > 0 } }

    /// Events a second over all nodes in the last interval, the most frequent first; those that did not happen are left
    /// out.
    public var eventRates: [(event: String, rate: Double)] {
        events.indices.map { event in (events[event], nodes.reduce(0) { $0 + $1.rates[event].last }) }
            .filter { $0.1 > 0 }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
    }

    /// Why nodes did not count all the time, as lines for people.
    public var problems: [String] {
        let never = missing.sorted { $0.key < $1.key }.flatMap { index, gaps in
            gaps.map { "node \(allNames[Int(index)]): \($0.summary)" }
        }
        return never
            + nodes.flatMap { node -> [String] in
                let gaps = node.gaps.filter { !$0.tolerated }.map { "node \(node.name): \($0.summary)" }
                guard gaps.isEmpty, node.state != .counting else { return gaps }
                return ["node \(node.name): " + (node.reason.isEmpty ? "it counts no longer" : node.reason)]
            }
    }

    /// Adds new totals.
    public mutating func ingest(_ report: WireCountReport) {
        for counts in report.nodes {
            guard let index = indices[counts.node] else {
                if !counts.gaps.isEmpty, allNames.indices.contains(Int(counts.node)) {
                    missing[counts.node] = counts.gaps
                }
                continue
            }
            nodes[index].state = counts.state
            nodes[index].reason = counts.reason
            nodes[index].gaps = counts.gaps
            if counts.hasTotals { nodes[index].add(counts.totals) }
        }
    }

    /// Adds what the controller knows of the nodes.
    public mutating func ingest(_ list: WireNodeList) {
        for status in list.nodes {
            guard let index = names[status.name] else { continue }
            nodes[index].lostNow = status.eventsLost &- min(status.eventsLost, nodes[index].lost)
            nodes[index].lost = status.eventsLost
            nodes[index].standstill = status.vitals.standstill
            nodes[index].isHeard = status.connected && Duration.milliseconds(status.lastHeardMs) < Self.longestSilence
        }
    }
}

extension FleetRates.Node {
    fileprivate mutating func add(_ news: WireCountTotals) {
        let newElapsed = Duration.nanoseconds(news.elapsedNs)
        guard newElapsed > elapsed else { return }
        var sums = Array(repeating: UInt64(0), count: totals.count)
        for row in news.rows where columns.indices.contains(Int(row.column)) {
            sums[columns[Int(row.column)]] &+= row.count
        }
        let seconds = (newElapsed - elapsed) / .seconds(1)
        var all = 0.0
        for event in totals.indices {
            let rate = Double(sums[event] &- min(sums[event], totals[event])) / seconds
            rates[event].add(rate)
            all += rate
        }
        rate.add(all)
        totals = sums
        interval = news.number
        elapsed = newElapsed
    }
}
