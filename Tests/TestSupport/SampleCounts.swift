import TraceProtocol

/// Counts of a simulated session: the controller's and the operator's side of the same totals.
public enum SampleCounts {
    public static func plan(_ events: [String]) -> WireCountPlan {
        var plan = WireCountPlan()
        plan.columns = events.map { event in
            var column = WireCountColumn()
            column.event = event
            column.way = .perfCounter
            return column
        }
        return plan
    }

    public static func row(
        _ column: Int, _ count: UInt64, _ key: [WireCountKey] = [], enabled: UInt64 = 0, running: UInt64 = 0,
        other: Bool = false
    ) -> WireCountRow {
        var row = WireCountRow()
        row.column = UInt32(column)
        row.count = count
        row.key = key
        row.enabledNs = enabled
        row.runningNs = running
        row.other = other
        return row
    }

    public static func totals(_ rows: [WireCountRow], elapsed: UInt64 = 1_000_000_000, number: UInt64 = 1)
        -> WireCountTotals
    {
        var totals = WireCountTotals()
        totals.rows = rows
        totals.elapsedNs = elapsed
        totals.number = number
        return totals
    }

    /// The reply to a count request on these nodes.
    public static func opened(_ nodes: [(name: String, plan: WireCountPlan)]) -> WireSessionOpened {
        var opened = WireSessionOpened()
        opened.sessionDescription.nodes = nodes.map(\.name)
        opened.replies = nodes.map { node in
            var reply = WireNodeReply()
            reply.node = node.name
            reply.started = true
            reply.prepared.count = node.plan
            return reply
        }
        return opened
    }

    public static func report(_ nodes: [(index: Int, totals: WireCountTotals)]) -> WireCountReport {
        var report = WireCountReport()
        report.nodes = nodes.map { index, totals in
            var counts = WireNodeCounts()
            counts.node = UInt32(index)
            counts.state = .counting
            counts.totals = totals
            return counts
        }
        return report
    }
}

extension WireCountKey {
    public static func number(_ value: Int64) -> WireCountKey {
        var key = WireCountKey()
        key.number = value
        return key
    }

    public static func text(_ text: String) -> WireCountKey {
        var key = WireCountKey()
        key.text = .init(text.utf8)
        return key
    }
}
