import TextPatterns

extension TopModel {
    /// One row of a table.
    struct Row: Equatable, Sendable {
        var name: String
        var rate: Double
        var total: UInt64
        /// nil for rows that have no losses of their own.
        var lost: UInt64?
        var history: RateHistory?
        /// A node that is gone or silent, or that has just lost events.
        var isBad = false
        var note = ""
    }

    /// The rows of the present view, filtered and in order.
    func rows() -> [Row] {
        let all: [Row] =
            switch view {
            case .nodes: shown.nodes.map { Self.row($0, rate: $0.rate, total: $0.total) }
            case .events: shown.events.indices.map { eventRow($0) }
            case .node(let name): nodeRows(name)
            case .event(let name):
                shown.events.firstIndex(of: name).map { event in
                    shown.nodes.filter { $0.columns.contains(event) }.map {
                        Self.row($0, rate: $0.rates[event], total: $0.totals[event])
                    }
                } ?? []
            case .keys: (keys ?? []).map { Row(name: $0.name, rate: 0, total: $0.count) }
            }
        let pattern = filter.contains { "*?[".contains($0) } ? Glob(filter) : nil
        let matching = filter.isEmpty ? all : all.filter { pattern?.matches($0.name) ?? $0.name.contains(filter) }
        return matching.sorted { isReversed ? isBefore($1, $0) : isBefore($0, $1) }
    }

    private static func row(_ node: FleetRates.Node, rate: RateHistory, total: UInt64) -> Row {
        var row = Row(name: node.name, rate: node.isStalled ? 0 : rate.last, total: total)
        row.lost = node.lost
        row.history = rate
        row.isBad = node.isStalled || node.lostNow > 0 || !node.standstill.isEmpty
        let notes = [node.lostNow > 0 ? "losing events" : "", node.standstill].filter { !$0.isEmpty }
        row.note = node.isStalled ? node.stallNote : notes.joined(separator: ", ")
        return row
    }

    private func eventRow(_ event: Int) -> Row {
        var history = RateHistory()
        let live = shown.nodes.filter { !$0.isStalled }
        let length = live.map { $0.rates[event].values.count }.max() ?? 0
        for back in stride(from: length, to: 0, by: -1) {
            history.add(
                live.reduce(0) { sum, node in
                    let values = node.rates[event].values
                    return sum + (values.count >= back ? Double(values[values.count - back]) : 0)
                })
        }
        var row = Row(
            name: shown.events[event], rate: history.last,
            total: shown.nodes.reduce(0) { $0 &+ $1.totals[event] })
        row.history = history
        return row
    }

    private func nodeRows(_ name: String) -> [Row] {
        guard let node = shown.nodes.first(where: { $0.name == name }) else { return [] }
        return node.columns.map { event in
            var row = Row(
                name: shown.events[event], rate: node.isStalled ? 0 : node.rates[event].last,
                total: node.totals[event])
            row.history = node.rates[event]
            row.isBad = node.isStalled
            return row
        }
    }

    private func isBefore(_ a: Row, _ b: Row) -> Bool {
        switch order {
        case .rate where a.rate != b.rate: a.rate > b.rate
        case .lost where a.lost != b.lost: a.lost ?? 0 > b.lost ?? 0
        // Tasks have no rate.
        case .rate where a.total != b.total, .total where a.total != b.total: a.total > b.total
        default: a.name < b.name
        }
    }
}
