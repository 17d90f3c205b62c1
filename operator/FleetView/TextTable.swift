import SafeText

/// Rows in columns, each cell one safe line: nodes choose their own labels and names.
public enum TextTable {
    /// Each row's cells padded to their columns, two blanks between.
    public static func lines(_ rows: [[String]]) -> [String] {
        let rows = rows.map { $0.map(\.safeLine) }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].terminalColumns : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.terminalColumns + 2)
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
