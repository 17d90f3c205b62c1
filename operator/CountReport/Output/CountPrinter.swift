import SafeText
import TraceProtocol

/// How counts are written.
public enum CountFormat: String, Sendable, CaseIterable {
    /// For people.
    case table
    /// One object a line.
    case json
    /// RFC 4180.
    case csv
}

/// Writes counts as lines.
public struct CountPrinter: Sendable {
    private let layout: CountLayout
    private let format: CountFormat
    private var hasHeader = false

    /// For one session.
    public init(_ layout: CountLayout, format: CountFormat) {
        self.layout = layout
        self.format = format
    }

    /// The lines of one stretch of time.
    public mutating func lines(_ counts: FleetCounts, _ interval: CountInterval) -> [String] {
        let isFirst = !hasHeader
        hasHeader = true
        switch format {
        case .json: return CountRecords(counts: counts, interval: interval, layout: layout).json()
        case .csv:
            let records = CountRecords(counts: counts, interval: interval, layout: layout)
            return (isFirst ? [CountRecords.header(layout)] : []) + records.csv()
        case .table: return table(counts, interval, isFirst)
        }
    }

    private func table(_ counts: FleetCounts, _ interval: CountInterval, _ isFirst: Bool) -> [String] {
        if layout.hasBuckets { return HistogramChart(counts: counts, interval: interval, layout: layout).lines() }
        let outliers =
            layout.isTimed
            ? []
            : Outliers.lines(counts, interval).map { line in
                layout.width.map { line.clipped(to: max(1, $0)) } ?? line
            }
        if layout.isByFunction {
            return CallTable(counts: counts, interval: interval, layout: layout).lines(header: isFirst) + outliers
        }
        if layout.keys.isEmpty, layout.values.isEmpty, !layout.isByNode {
            return EventTable(counts: counts, interval: interval, layout: layout).lines(header: isFirst) + outliers
        }
        if layout.keys.contains(where: WireCountRequest.isStack) {
            return StackList(counts: counts, interval: interval, layout: layout).lines() + outliers
        }
        return KeyTable(counts: counts, interval: interval, layout: layout).lines(header: isFirst) + outliers
    }

    /// The lines at the end: how each node counted, for how long, and what was not counted.
    public static func account(_ counts: FleetCounts) -> [String] {
        var lines = ["counted for \(CountText.seconds(counts.elapsed)) s: " + ways(counts).joined(separator: "; ")]
        for column in counts.columns.indices {
            let refused = counts.nodes.indices.filter { counts.refusal(column: column, node: $0) != nil }
            guard let first = refused.first, let reason = counts.refusal(column: column, node: first) else { continue }
            lines.append(
                "\(counts.columns[column]): not counted on \(list(refused.map { counts.nodes[$0].name })): \(reason)")
        }
        for node in counts.nodes {
            lines += node.gaps.filter(\.tolerated).map { "\(node.name): \($0.summary)" }
        }
        if counts.unmatched > 0 { lines.append("\(counts.unmatched) exits without an entry are not counted") }
        return lines
    }

    /// How each node counted, nodes with the same ways together.
    private static func ways(_ counts: FleetCounts) -> [String] {
        var groups: [(text: String, nodes: [String])] = []
        for node in counts.nodes {
            var texts: [String] = []
            for column in node.plan where column.refused.isEmpty {
                let text = column.way.text + (column.remark.isEmpty ? "" : " (\(column.remark))")
                if !texts.contains(text) { texts.append(text) }
            }
            let text = texts.joined(separator: " and ")
            if let index = groups.firstIndex(where: { $0.text == text }) {
                groups[index].nodes.append(node.name)
            } else {
                groups.append((text, [node.name]))
            }
        }
        return groups.map { "\(list($0.nodes)) by \($0.text)" }
    }

    /// Why counts are missing, as lines for people.
    public static func problems(_ counts: FleetCounts) -> [String] {
        var lines = counts.nodes.flatMap(problems)
        for (name, gaps) in counts.missing.sorted(by: { $0.key < $1.key }) {
            lines += gaps.map { "node \(name): \($0.summary)" }
        }
        for node in counts.nodes { lines += node.missed.map { "node \(node.name): \($0.summary)" } }
        for node in counts.nodes {
            guard let lost = node.totals?.lost, lost > 0 else { continue }
            lines.append("node \(node.name): \(lost) \((node.plan.first?.way ?? .unspecified).loss)")
        }
        return lines
    }

    /// Why a node did not count all the time, and why its totals are not the final ones.
    private static func problems(_ node: FleetCounts.Node) -> [String] {
        let gaps = node.gaps.filter { !$0.tolerated }.map { "node \(node.name): \($0.summary)" }
        let upTo =
            node.totals.map { "its last totals are those after \(CountText.seconds(.nanoseconds($0.elapsedNs))) s" }
            ?? "nothing of it is counted"
        switch node.state {
        case .finished: return gaps + (node.reason.isEmpty ? [] : ["node \(node.name): \(node.reason)"])
        case .silent, .gone: return gaps + ["node \(node.name): \(node.reason); \(upTo)"]
        default: return gaps + ["node \(node.name): its final totals have not arrived; \(upTo)"]
        }
    }

    private static func list(_ names: [String]) -> String {
        names.count <= 5
            ? names.joined(separator: ", ") : "\(names.count) nodes (\(names.prefix(3).joined(separator: ", ")), ...)"
    }
}

extension WireCountWay {
    var text: String {
        switch self {
        case .perfCounter: "perf counters"
        case .histTrigger: "the kernel's tables"
        case .decodedPages: "decoded pages"
        case .ebpfProgram: "eBPF"
        default: "an unknown way"
        }
    }

    /// What has happened to events that are not counted.
    fileprivate var loss: String {
        switch self {
        case .histTrigger:
            "entries were of more threads than the kernel's table holds: their latencies are not counted"
        case .ebpfProgram:
            "events, at most, are not counted: their CPU ran another eBPF program, too many threads were inside, or a number of a probe could not be read"
        default: "events came faster than they could be read and are not counted"
        }
    }
}
