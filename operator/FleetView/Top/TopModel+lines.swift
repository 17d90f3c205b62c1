import SafeText

extension TopModel {
    /// How many rows of the table fit on a screen.
    public func tableRows(_ size: ScreenSize) -> Int { max(0, size.rows - 3 - (size.rows > 8 ? 1 : 0)) }

    /// The whole screen: as many lines as it has, none longer than it is wide.
    ///
    /// - Parameter clock: time of day, as it is to be shown.
    public mutating func lines(_ size: ScreenSize, clock: String) -> [StyledLine] {
        if isHelpShown { return Self.fitted(Self.help.map { StyledLine($0) }, size) }
        let all = rows()
        let room = tableRows(size)
        if let index = chosen.flatMap({ name in all.firstIndex { $0.name == name } }) {
            scroll = min(max(scroll, index - room + 1), index)
        }
        scroll = max(0, min(scroll, all.count - room))
        var lines = [StyledLine(summary(clock), hasBadNodes ? .red : .bold), StyledLine(heading, .dim)]
        let columns = TopColumns(size.columns, names: all.reduce(4) { max($0, $1.name.count) })
        lines.append(StyledLine(columns.title(view), .bold))
        for row in all.dropFirst(scroll).prefix(room) {
            let style: Style = row.name == chosen ? .selected : row.isBad ? .red : .plain
            lines.append(StyledLine(columns.line(row, unicode: unicode), style))
        }
        if size.rows > 8 {
            while lines.count < size.rows - 1 { lines.append(StyledLine("")) }
            lines.append(
                StyledLine("q quit  Tab nodes/events  Enter open  c by task  s sort  / filter  p pause  ? help", .dim))
        }
        return Self.fitted(lines, size)
    }

    private static func fitted(_ lines: [StyledLine], _ size: ScreenSize) -> [StyledLine] {
        lines.prefix(size.rows).map { StyledLine($0.text.safeLine.clipped(to: size.columns), $0.style) }
    }

    private var hasBadNodes: Bool { shown.nodes.contains { $0.isStalled || $0.lostNow > 0 || !$0.standstill.isEmpty } }

    private func summary(_ clock: String) -> String {
        let stalled = shown.nodes.filter(\.isStalled).count
        let rate = shown.nodes.reduce(0) { $0 + ($1.isStalled ? 0 : $1.rate.last) }
        let lost = shown.nodes.reduce(0) { $0 + $1.lost }
        return "fleetrace top \(clock)  \(shown.nodes.count) nodes"
            + (stalled > 0 ? " (\(stalled) stalled)" : "")
            + "  \(Quantity.short(rate)) events/s  lost \(lost)" + (isPaused ? "  PAUSED" : "")
    }

    private var heading: String {
        let subject =
            switch view {
            case .nodes: "nodes"
            case .events: "events"
            case .node(let name): "events of \(name)"
            case .event(let name): "nodes with \(name)"
            case .keys(let name): keys == nil ? "tasks of \(name): waiting for counts" : "tasks of \(name)"
            }
        return subject + "  by \(order)" + (isReversed ? ", reversed" : "")
            + (isFiltering || !filter.isEmpty ? "  /\(filter)" + (isFiltering ? "_" : "") : "")
            + (remark.isEmpty ? "" : "  \(remark)")
    }

    private static let help = [
        "q, Ctrl-C   quit", "Tab         nodes or events", "Up, Down    choose (also k, j, PageUp, PageDown)",
        "Enter       open the chosen node or event", "c           the tasks that cause the chosen event",
        "Esc         back", "s           sort by rate, name, total, lost", "r           the other way round",
        "/           show only names with this in them, or a pattern; Enter keeps it, Esc drops it",
        "p, Space    stop the picture, and let it go on", "any key     back from this page",
    ]
}

/// Which columns fit into a width: the least important ones are left out first.
private struct TopColumns {
    let name: Int
    let hasTotal: Bool
    let hasLost: Bool
    let spark: Int

    /// Characters of a number and the two blanks before it.
    private static let number = 9

    init(_ columns: Int, names: Int) {
        let forNumbers = columns - min(names, max(8, columns / 2))
        hasTotal = forNumbers >= 2 * Self.number
        hasLost = forNumbers >= 3 * Self.number
        let numbers = Self.number * (1 + (hasTotal ? 1 : 0) + (hasLost ? 1 : 0))
        name = max(1, min(names, columns - numbers))
        let rest = columns - name - numbers - 2
        spark = rest >= 8 ? min(60, rest) : 0
    }

    func title(_ view: TopModel.View) -> String {
        let first =
            switch view {
            case .nodes, .event: "NODE"
            case .events, .node: "EVENT"
            case .keys: "TASK"
            }
        return line(first, "RATE/S", "TOTAL", "LOST", "")
    }

    func line(_ row: TopModel.Row, unicode: Bool) -> String {
        line(
            row.name, row.history == nil ? "" : Quantity.short(row.rate), Quantity.short(Double(row.total)),
            row.lost.map { Quantity.short(Double($0)) } ?? "",
            row.note.isEmpty ? row.history?.sparkline(width: spark, unicode: unicode) ?? "" : "! " + row.note)
    }

    private func line(_ first: String, _ rate: String, _ total: String, _ lost: String, _ last: String) -> String {
        first.padded(to: name) + rate.aligned(right: Self.number) + (hasTotal ? total.aligned(right: Self.number) : "")
            + (hasLost ? lost.aligned(right: Self.number) : "") + (spark > 0 ? "  " + last : "")
    }
}
