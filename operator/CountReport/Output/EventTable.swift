/// A row an event: total, rate, what is least, usual and most of a node, and each node's own where they fit.
struct EventTable {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    /// More nodes than this are not shown one by one, however wide the terminal.
    private static let mostNodes = 16

    func lines(header: Bool) -> [String] {
        let several = counts.nodes.count > 1
        let showsNodes = several && counts.nodes.count <= Self.mostNodes
        var columns: [FittedTable.Column] = layout.isTimed ? [.init(title: "TIME", worth: 2)] : []
        columns += [
            .init(title: "EVENT", isNumber: false), .init(title: "TOTAL"), .init(title: "PER S", worth: 1),
            .init(title: "MIN", worth: 3), .init(title: "MEDIAN", worth: 3), .init(title: "MAX", worth: 3),
            .init(title: "RAN", worth: 4),
        ]
        if showsNodes { columns += counts.nodes.map { .init(title: $0.name, worth: 5) } }
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
        interval.nodeSums[CountLine.Place(column: column, node: node)]
    }

    private func text(_ sum: CountSum?, _ column: Int, _ node: Int, _ event: String) -> String {
        guard let sum else { return counts.refusal(column: column, node: node) == nil ? "" : "-" }
        return sum.neverRan ? "-" : CountText.value(sum.count, of: event)
    }
}

enum Median {
    /// The middle one, or the mean of the middle two.
    static func of(_ sorted: [UInt64]) -> UInt64 {
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        guard sorted.count.isMultiple(of: 2) else { return sorted[middle] }
        let (low, high) = (sorted[middle - 1], sorted[middle])
        return low + (high - low) / 2
    }
}

extension CountText {
    /// In the place of a number that nobody could count.
    static func missing(_ refusal: String?) -> String {
        refusal.map { $0.hasPrefix("not supported") ? "<not supported>" : "<not counted>" } ?? "<not counted>"
    }
}
