import TraceProtocol

/// A row for each event and key: of a table the most frequent first, of counters by node and CPU.
struct KeyTable {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    func lines(header: Bool) -> [String] {
        var columns: [FittedTable.Column] = layout.isTimed ? [.init(title: "TIME", worth: 2)] : []
        columns.append(.init(title: "EVENT", isNumber: false, worth: counts.columns.count > 1 ? 0 : 3))
        if layout.isByNode { columns.append(.init(title: "NODE", isNumber: false)) }
        columns += layout.keys.map { .init(title: $0.uppercased(), isNumber: false) }
        columns += [.init(title: "COUNT"), .init(title: "PER S", worth: 1), .init(title: "SHARE", worth: 1)]
        var table = FittedTable(columns)
        for column in counts.columns.indices { table.rows += rows(column) }
        return table.lines(width: layout.width, header: header)
    }

    private func rows(_ column: Int) -> [[String]] {
        let lines = CountRows(interval, isByNode: layout.isByNode).lines(of: column)
        let event = counts.columns[column]
        guard !lines.isEmpty else {
            let refusal = counts.refusal(column: column)
            return [cells(event, "", [], refusal == nil ? "0" : CountText.missing(refusal), "", "")]
        }
        let total = lines.reduce(0) { $0 &+ $1.sum.count }
        let shown = layout.top.map { Array(lines.prefix { !$0.place.isOther }.prefix($0)) } ?? lines
        var rows = shown.map { cells(event, $0, total) }
        let hidden = lines.dropFirst(shown.count).filter { !$0.place.isOther }
        if !hidden.isEmpty {
            let rest = hidden.reduce(0) { $0 &+ $1.sum.count }
            rows.append(summary(event, "(\(hidden.count) more)", rest, total))
        }
        if shown.count < lines.count {
            let other = lines.filter(\.place.isOther).reduce(0) { $0 &+ $1.sum.count }
            if other > 0 { rows.append(summary(event, CountRows.otherText, other, total)) }
        }
        return rows
    }

    private func cells(_ event: String, _ line: CountLine, _ total: UInt64) -> [String] {
        let node = line.place.node.map { counts.nodes[$0].name } ?? ""
        guard !line.sum.neverRan else {
            return cells(event, node, line.place.key.map(CountText.key), "<not counted>", "", "")
        }
        var keys = line.place.key.map(CountText.key)
        if line.place.isOther { keys = [CountRows.otherText] }
        return cells(
            event, node, keys, CountText.value(line.sum.count, of: event),
            CountText.isTime(event) ? "" : CountText.rate(line.sum.count, over: interval.length),
            CountText.share(line.sum.count, of: total))
    }

    private func summary(_ event: String, _ text: String, _ count: UInt64, _ total: UInt64) -> [String] {
        cells(
            event, layout.keys.isEmpty ? text : "", [text], CountText.value(count, of: event),
            CountText.rate(count, over: interval.length), CountText.share(count, of: total))
    }

    private func cells(
        _ event: String, _ node: String, _ keys: [String], _ count: String, _ rate: String, _ share: String
    ) -> [String] {
        let padded = layout.keys.indices.map { keys.indices.contains($0) ? keys[$0] : "" }
        return (layout.isTimed ? [CountText.seconds(interval.end)] : []) + [event] + (layout.isByNode ? [node] : [])
            + padded + [count, rate, share]
    }
}

/// The lines of one event, by node or over all of them, `other` last.
struct CountRows {
    static let otherText = "(other: table full)"
    private let sums: [CountLine.Place: CountSum]

    init(_ interval: CountInterval, isByNode: Bool) {
        guard !isByNode else {
            sums = interval.nodeSums
            return
        }
        guard interval.mergedSums.isEmpty else {
            sums = interval.mergedSums
            return
        }
        var merged: [CountLine.Place: CountSum] = [:]
        for (place, sum) in interval.nodeSums {
            let all = CountLine.Place(column: place.column, node: nil, key: place.key, isOther: place.isOther)
            merged[all, default: CountSum()] += sum
        }
        sums = merged
    }

    func lines(of column: Int) -> [CountLine] {
        sums.filter { $0.key.column == column }.map { CountLine(place: $0.key, sum: $0.value) }.sorted { a, b in
            if a.place.isOther != b.place.isOther { return b.place.isOther }
            // What takes time is a counter: there are few of those, and each has its place. Keys are many.
            let isTable = a.sum.enabled == 0 && b.sum.enabled == 0
            if isTable, a.sum.count != b.sum.count { return a.sum.count > b.sum.count }
            if a.place.node != b.place.node { return a.place.node ?? 0 < b.place.node ?? 0 }
            return Self.precedes(a.place.key, b.place.key)
        }
    }

    private static func precedes(_ a: [WireCountKey], _ b: [WireCountKey]) -> Bool {
        for (a, b) in zip(a, b) where a != b {
            if case .number(let a) = a.value, case .number(let b) = b.value { return a < b }
            return CountText.key(a) < CountText.key(b)
        }
        return a.count < b.count
    }
}
