/// A row for each event: total, rate, the least, median and greatest count of a node, and each node's own where they
/// fit.
struct EventTable {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    /// The most nodes that get a column of their own, however wide the terminal is.
    private static let mostNodes = 16

    func lines(header: Bool) -> [String] {
        let several = counts.nodes.count > 1
        let showsNodes = several && counts.nodes.count <= Self.mostNodes
        var columns: [FittedTable.Column] = layout.isTimed ? [.init(title: "TIME", rank: 2)] : []
        columns += [
            .init(title: "EVENT", isNumber: false), .init(title: "TOTAL"), .init(title: "PER S", rank: 1),
            .init(title: "MIN", rank: 3), .init(title: "MEDIAN", rank: 3), .init(title: "MAX", rank: 3),
            .init(title: "RAN", rank: 4),
        ]
        if showsNodes { columns += counts.nodes.map { .init(title: $0.name, rank: 5) } }
        var table = FittedTable(columns)
        for column in counts.columns.indices {
            table.rows.append(row(column, several: several, showsNodes: showsNodes))
        }
        return table.lines(width: layout.width, header: header)
    }

    private func row(_ column: Int, several: Bool, showsNodes: Bool) -> [String] {
        let event = counts.columns[column]
        let time = layout.isTimed ? [CountText.seconds(interval.end)] : []
        let values = counts.nodes.indices.map { node in sum(column, node) }
        let known = values.compactMap { $0 }
        let nodes = showsNodes ? zip(counts.nodes.indices, values).map { text($1, column, $0, event) } : []
        guard !known.isEmpty else {
            return time + [event, CountText.missing(counts.refusal(column: column)), "", "", "", "", ""] + nodes
        }
        var total = CountSum()
        for value in known { total += value }
        guard !total.neverRan else { return time + [event, "<not counted>", "", "", "", "", ""] + nodes }
        let sorted = known.map(\.count).sorted()
        let spread = several ? [sorted.first ?? 0, Median.of(sorted), sorted.last ?? 0] : []
        return time + [
            event, CountText.value(total.count, of: event),
            CountText.isTime(event) ? "" : CountText.rate(total.count, over: interval.length),
        ] + (several ? spread.map { CountText.value($0, of: event) } : ["", "", ""]) + [
            total.isScaled ? CountText.share(total.running, of: total.enabled) : ""
        ] + nodes
    }

    private func sum(_ column: Int, _ node: Int) -> CountSum? {
        interval.nodeSums[CountLine.Subject(column: column, node: node)]
    }

    private func text(_ sum: CountSum?, _ column: Int, _ node: Int, _ event: String) -> String {
        guard let sum else { return counts.refusal(column: column, node: node) == nil ? "" : "-" }
        return sum.neverRan ? "-" : CountText.value(sum.count, of: event)
    }
}

extension CountText {
    /// Shown instead of a count that no node could make.
    static func missing(_ refusal: String?) -> String {
        refusal.map { $0.hasPrefix("not supported") ? "<not supported>" : "<not counted>" } ?? "<not counted>"
    }
}
