/// A row for each event and key: keys of a table with the most frequent first, counters by node and CPU.
struct KeyTable {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    func lines(header: Bool) -> [String] {
        var columns: [FittedTable.Column] = layout.isTimed ? [.init(title: "TIME", rank: 2)] : []
        columns.append(.init(title: "EVENT", isNumber: false, rank: counts.columns.count > 1 ? 0 : 3))
        if layout.isByNode { columns.append(.init(title: "NODE", isNumber: false)) }
        columns += layout.keys.map { .init(title: $0.uppercased(), isNumber: false) }
        columns.append(.init(title: "COUNT"))
        columns += layout.values.map { .init(title: $0.title) }
        columns += [.init(title: "PER S", rank: 1), .init(title: "SHARE", rank: 1)]
        var table = FittedTable(columns)
        for column in counts.columns.indices { table.rows += rows(column) }
        return table.lines(width: layout.width, header: header)
    }

    private func rows(_ column: Int) -> [[String]] {
        let lines = CountRows(interval, isByNode: layout.isByNode).lines(of: column)
        let event = counts.columns[column]
        guard !lines.isEmpty else {
            let refusal = counts.refusal(column: column)
            return [cells(event, "", [], refusal == nil ? "0" : CountText.missing(refusal))]
        }
        let total = lines.reduce(0) { $0 &+ $1.sum.count }
        let shown = layout.top.map { Array(lines.prefix { !$0.subject.isOther }.prefix($0)) } ?? lines
        var rows = shown.map { cells(event, $0, total) }
        let hidden = lines.dropFirst(shown.count).filter { !$0.subject.isOther }
        if !hidden.isEmpty {
            rows.append(summary(event, "(\(hidden.count) more)", hidden, total))
        }
        if shown.count < lines.count {
            let other = lines.filter(\.subject.isOther)
            if other.contains(where: { $0.sum.count > 0 }) {
                rows.append(summary(event, CountRows.otherText, other, total))
            }
        }
        return rows
    }

    private func cells(_ event: String, _ line: CountLine, _ total: UInt64) -> [String] {
        let node = line.subject.node.map { counts.nodes[$0].name } ?? ""
        guard !line.sum.neverRan else {
            return cells(event, node, line.subject.key.map(CountText.key), "<not counted>")
        }
        var keys = line.subject.key.map(CountText.key)
        if line.subject.isOther { keys = [CountRows.otherText] }
        return cells(
            event, node, keys, CountText.value(line.sum.count, of: event), layout.values.map { $0.text(line.sum) },
            CountText.isTime(event) ? "" : CountText.rate(line.sum.count, over: interval.length),
            CountText.share(line.sum.count, of: total))
    }

    private func summary(_ event: String, _ text: String, _ lines: [CountLine], _ total: UInt64) -> [String] {
        var sum = CountSum()
        for line in lines { sum += line.sum }
        return cells(
            event, layout.keys.isEmpty ? text : "", [text], CountText.value(sum.count, of: event),
            layout.values.map { $0.text(sum) }, CountText.rate(sum.count, over: interval.length),
            CountText.share(sum.count, of: total))
    }

    private func cells(
        _ event: String, _ node: String, _ keys: [String], _ count: String, _ values: [String] = [],
        _ rate: String = "",
        _ share: String = ""
    ) -> [String] {
        let values = layout.values.indices.map { values.indices.contains($0) ? values[$0] : "" }
        let padded = layout.keys.indices.map { keys.indices.contains($0) ? keys[$0] : "" }
        return (layout.isTimed ? [CountText.seconds(interval.end)] : []) + [event] + (layout.isByNode ? [node] : [])
            + padded + [count] + values + [rate, share]
    }
}
