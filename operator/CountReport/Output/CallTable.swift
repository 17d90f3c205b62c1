/// A row for each function, those in which most time was spent first: calls, the time in them, and the mean time of a call.
///
/// A call counts when it begins, and its time when it returns. TIMED is the part of the calls whose time is known, where
/// that is not all of them.
struct CallTable {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    func lines(header: Bool) -> [String] {
        var columns: [FittedTable.Column] = layout.isTimed ? [.init(title: "TIME", rank: 2)] : []
        if layout.isByNode { columns.append(.init(title: "NODE", isNumber: false)) }
        columns += [
            .init(title: "FUNCTION", isNumber: false), .init(title: "CALLS"), .init(title: "TOTAL", rank: 1),
            .init(title: "MEAN", rank: 1), .init(title: "PER S", rank: 2), .init(title: "TIMED", rank: 3),
        ]
        var table = FittedTable(columns)
        for column in counts.columns.indices { table.rows += rows(column) }
        return table.lines(width: layout.width, header: header)
    }

    private func rows(_ column: Int) -> [[String]] {
        let lines = CountRows(interval, isByNode: layout.isByNode).lines(of: column)
        guard !lines.isEmpty else { return [cells("", "(no calls)", ["0", "", "", "", ""])] }
        let functions = lines.filter { !$0.subject.isOther }
        let shown = functions.prefix(layout.top ?? functions.count)
        var rows = shown.map { line in
            cells(node(of: line), line.subject.key.first.map(CountText.key) ?? "", numbers(line.sum))
        }
        rows += summary("(\(functions.count - shown.count) more)", functions.dropFirst(shown.count))
        rows += summary(CountRows.otherText, lines.filter(\.subject.isOther)[...])
        return rows
    }

    private func summary(_ text: String, _ lines: ArraySlice<CountLine>) -> [[String]] {
        guard !lines.isEmpty else { return [] }
        var sum = CountSum()
        for line in lines { sum += line.sum }
        return [cells("", text, numbers(sum))]
    }

    private func node(of line: CountLine) -> String { line.subject.node.map { counts.nodes[$0].name } ?? "" }

    private func numbers(_ sum: CountSum) -> [String] {
        [
            CountText.grouped(sum.count), sum.timed > 0 ? CountText.microseconds(sum.time) : "-",
            sum.timed > 0 ? CountText.microseconds(sum.time / Double(sum.timed)) : "-",
            CountText.rate(sum.count, over: interval.length),
            sum.timed < sum.count ? CountText.share(sum.timed, of: sum.count) : "",
        ]
    }

    private func cells(_ node: String, _ function: String, _ numbers: [String]) -> [String] {
        (layout.isTimed ? [CountText.seconds(interval.end)] : []) + (layout.isByNode ? [node] : []) + [function]
            + numbers
    }
}

extension CountText {
    /// `12.345 us`, as `trace_stat` has times.
    static func microseconds(_ time: Duration) -> String {
        let nanoseconds = UInt64(max(time.wholeNanoseconds, 0))
        return "\(grouped(nanoseconds / 1_000)).\(padded(nanoseconds % 1_000, 3)) us"
    }
}
