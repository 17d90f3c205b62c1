import SafeText

/// Rows in columns that fit into a width: the least important columns are left out first, then texts are cut.
struct FittedTable {
    struct Column {
        let title: String
        var isNumber = true
        /// Columns of a higher number are left out first; those of 0 always stay.
        var rank = 0
    }

    let columns: [Column]
    var rows: [[String]] = []

    private static let gap = 2
    /// All texts are cut to the first length before any is cut to the second, and numbers last.
    private static let shortestTexts = [6, 3]

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Parameters:
    ///   - width: characters; nil for no limit.
    ///   - header: whether the titles come first.
    func lines(width: Int?, header: Bool = true) -> [String] {
        var kept = Array(columns.indices)
        var widths = columns.indices.map { column in
            max(header ? columns[column].title.count : 0, rows.map { $0[column].terminalColumns }.max() ?? 0)
        }
        // An empty column is left out.
        kept.removeAll { column in columns[column].rank > 0 && rows.allSatisfy { $0[column].isEmpty } }
        func total() -> Int { kept.reduce(0) { $0 + widths[$1] } + (kept.count - 1) * Self.gap }
        if let width {
            while total() > width, let last = kept.map({ columns[$0].rank }).max(), last > 0 {
                kept.removeAll { columns[$0].rank == last }
            }
            for shortest in Self.shortestTexts {
                while total() > width,
                    let longest = kept.filter({ !columns[$0].isNumber && widths[$0] > shortest }).max(by: {
                        widths[$0] < widths[$1]
                    })
                {
                    widths[longest] = max(shortest, widths[longest] - (total() - width))
                }
            }
        }
        let head = header ? [columns.map(\.title)] : []
        return (head + rows).map { row in
            var line = ""
            for (position, column) in kept.enumerated() {
                let text = row[column].clipped(to: widths[column])
                let fill = String(repeating: " ", count: max(0, widths[column] - text.terminalColumns))
                if position > 0 { line += String(repeating: " ", count: Self.gap) }
                line += columns[column].isNumber ? fill + text : text + fill
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return width.map { line.clipped(to: max(1, $0)) } ?? line
        }
    }
}
