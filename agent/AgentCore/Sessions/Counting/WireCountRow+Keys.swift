import TraceProtocol

extension WireCountRow {
    /// Events of one key.
    init(column: Int = 0, key: [WireCountKey], count: UInt64) {
        self.init()
        self.column = UInt32(column)
        self.key = key
        self.count = count
    }

    /// Events of keys for which a table had no room; nil without any.
    static func other(column: Int = 0, count: UInt64) -> WireCountRow? {
        guard count > 0 else { return nil }
        var row = WireCountRow(column: column, key: [], count: count)
        row.other = true
        return row
    }
}
