/// Rows in columns that fit into a width: columns of least worth go first, then texts are cut.
struct FittedTable {
    struct Column {
        let title: String
        var isNumber = true
        /// Columns of a higher number go first; 0 never goes.
        var worth = 0
    }

    let columns: [Column]
    var rows: [[String]] = []

    private static let gap = 2
    /// Texts are cut to the first length, all of them, before any is cut to the second: a number that is cut is none.
    private static let shortestTexts = [6, 3]

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Parameters:
    ///   - width: characters; nil for as many as it takes.
    ///   - header: whether the titles are wanted.
    func lines(width: Int?, header: Bool = true) -> [String] {
        var kept = Array(columns.indices)
        var widths = columns.indices.map { column in
            max(header ? columns[column].title.count : 0, rows.map { $0[column].count }.max() ?? 0)
        }
        // A column with nothing in it tells nothing.
        kept.removeAll { column in columns[column].worth > 0 && rows.allSatisfy { $0[column].isEmpty } }
        func total() -> Int { kept.reduce(0) { $0 + widths[$1] } + (kept.count - 1) * Self.gap }
        if let width {
            while total() > width, let worst = kept.map({ columns[$0].worth }).max(), worst > 0 {
                kept.removeAll { columns[$0].worth == worst }
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
                let text = Self.cut(row[column], to: widths[column])
                let fill = String(repeating: " ", count: widths[column] - text.count)
                if position > 0 { line += String(repeating: " ", count: Self.gap) }
                line += columns[column].isNumber ? fill + text : text + fill
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return width.map { Self.cut(line, to: max(1, $0)) } ?? line
        }
    }

    static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : String(text.prefix(width - 1)) + "~"
    }
}
