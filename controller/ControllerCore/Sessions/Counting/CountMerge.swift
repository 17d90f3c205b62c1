import TraceProtocol

/// Adds up the rows of several nodes, by event and key.
public struct CountMerge: Sendable {
    /// Names of the events.
    public private(set) var columns: [String] = []
    private var indices: [String: UInt32] = [:]
    private var counts: [Key: Value] = [:]
    private var others: [UInt32: Value] = [:]
    private let limit: Int

    private struct Key: Hashable {
        let column: UInt32
        let parts: [WireCountKey]
    }

    private struct Value {
        var count: UInt64 = 0
        var enabled: UInt64 = 0
        var running: UInt64 = 0
        /// Of functions.
        var time: UInt64 = 0
        var timed: UInt64 = 0
        /// Of fields.
        var values = CountedValues()

        mutating func add(_ row: WireCountRow) {
            count &+= row.count
            enabled &+= row.enabledNs
            running &+= row.runningNs
            time &+= row.timeNs
            timed &+= row.timed
            values += CountedValues(row)
        }
    }

    /// - Parameter limit: the most keys. Counts of further keys go to the event's `other` row.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Adds a node's rows.
    public mutating func add(_ totals: WireCountTotals, _ plan: WireCountPlan) {
        let columns = plan.columns.map { column(of: $0.event) }
        for row in totals.rows where columns.indices.contains(Int(row.column)) {
            let column = columns[Int(row.column)]
            let key = Key(column: column, parts: row.key)
            if !row.other, counts.count < limit || counts[key] != nil {
                counts[key, default: Value()].add(row)
            } else {
                others[column, default: Value()].add(row)
            }
        }
    }

    private mutating func column(of event: String) -> UInt32 {
        if let index = indices[event] { return index }
        let index = UInt32(columns.count)
        columns.append(event)
        indices[event] = index
        return index
    }

    /// The sums, in no order. `column` is an index in `columns`.
    public func rows() -> [WireCountRow] {
        var rows = counts.map { Self.row($0.key.column, $0.value, $0.key.parts) }
        for (column, value) in others {
            var row = Self.row(column, value, [])
            row.other = true
            rows.append(row)
        }
        return rows
    }

    /// One row for each column, without key.
    static func sums(_ rows: [WireCountRow]) -> [WireCountRow] {
        var sums: [UInt32: Value] = [:]
        for row in rows { sums[row.column, default: Value()].add(row) }
        return sums.sorted { $0.key < $1.key }.map { row($0.key, $0.value, []) }
    }

    private static func row(_ column: UInt32, _ value: Value, _ key: [WireCountKey]) -> WireCountRow {
        var row = WireCountRow()
        row.column = column
        row.key = key
        row.count = value.count
        row.enabledNs = value.enabled
        row.runningNs = value.running
        row.timeNs = value.time
        row.timed = value.timed
        value.values.fill(&row)
        return row
    }
}
