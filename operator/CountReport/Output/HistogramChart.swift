import SafeText
import TraceProtocol

/// Powers of two as bars: one chart for each event, node and key.
struct HistogramChart {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    private struct Chart: Hashable {
        let node: Int?
        let key: [WireCountKey]
    }

    private static let longestBar = 50
    private static let usualWidth = 100

    func lines() -> [String] {
        counts.columns.indices.flatMap { column -> [String] in
            var charts: [Chart: [HistogramBucket: UInt64]] = [:]
            var others: UInt64 = 0
            for line in CountRows(interval, isByNode: layout.isByNode).lines(of: column) {
                guard !line.subject.isOther, let bucket = line.subject.key.last else {
                    others &+= line.sum.count
                    continue
                }
                let chart = Chart(node: line.subject.node, key: line.subject.key.dropLast())
                charts[chart, default: [:]][HistogramBucket(bucket), default: 0] &+= line.sum.count
            }
            let sorted = charts.sorted { Self.total($0.value) > Self.total($1.value) }
            let shown = layout.top.map { Array(sorted.prefix($0)) } ?? sorted
            var lines: [String] = []
            for (chart, buckets) in shown { lines += self.lines(column, chart, buckets, Self.total(buckets)) }
            if sorted.isEmpty { lines.append(cut("\(time)\(counts.columns[column])  no events")) }
            if shown.count < sorted.count { lines.append(cut("(\(sorted.count - shown.count) more)")) }
            if others > 0 { lines.append(cut("\(CountRows.otherText)  \(CountText.grouped(others))")) }
            return lines
        }
    }

    private static func total(_ buckets: [HistogramBucket: UInt64]) -> UInt64 {
        buckets.values.reduce(UInt64(0)) { $0 &+ $1 }
    }

    private var time: String { layout.isTimed ? CountText.seconds(interval.end) + "  " : "" }

    private func lines(_ column: Int, _ chart: Chart, _ buckets: [HistogramBucket: UInt64], _ total: UInt64) -> [String]
    {
        var title = "\(time)\(counts.columns[column])"
        if let node = chart.node { title += "  \(counts.nodes[node].name)" }
        for key in chart.key { title += "  \(CountText.key(key))" }
        title += "  \(CountText.grouped(total))"
        guard let first = buckets.keys.min(), let last = buckets.keys.max() else { return [cut(title)] }
        var table = FittedTable([.init(title: ""), .init(title: ""), .init(title: "", isNumber: false, rank: 1)])
        // A node may state buckets without a count.
        let most = max(1, buckets.values.max() ?? 1)
        let room = min(Self.longestBar, max(0, (layout.width ?? Self.usualWidth) - 40))
        for number in first.number...last.number {
            let bucket = HistogramBucket(number: number)
            let count = buckets[bucket] ?? 0
            let length = Int((Double(count) / Double(most) * Double(room)).rounded())
            // An event that happened at all gets at least one mark.
            let bar = room == 0 ? "" : String(repeating: "@", count: count > 0 ? max(1, length) : 0)
            table.rows.append([
                layout.isLatency ? bucket.timeText : bucket.text, CountText.grouped(count), room == 0 ? "" : "|\(bar)",
            ])
        }
        return [cut(title)] + table.lines(width: layout.width, header: false)
    }

    private func cut(_ line: String) -> String {
        layout.width.map { line.clipped(to: max(1, $0)) } ?? line
    }
}
