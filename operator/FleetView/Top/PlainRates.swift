import SafeText

extension FleetRates {
    /// Plain rows for output that is not a terminal: time, node, event and rate, the most frequent first.
    public func plainLines(clock: String) -> [String] {
        var rows: [(node: String, event: String, rate: Double)] = []
        for node in nodes where !node.isStalled {
            for event in node.columns where node.rates[event].last > 0 {
                rows.append((node.name, events[event], node.rates[event].last))
            }
        }
        rows.sort { $0.rate == $1.rate ? ($0.node, $0.event) < ($1.node, $1.event) : $0.rate > $1.rate }
        let nodeWidth = nodes.reduce(0) { max($0, $1.name.count) }
        let eventWidth = events.reduce(0) { max($0, $1.count) }
        return rows.map { row in
            "\(clock) \(row.node.padded(to: nodeWidth)) \(row.event.padded(to: eventWidth)) \(Quantity.short(row.rate))/s"
        }
            + nodes.filter(\.isStalled).map { node in
                "\(clock) \(node.name.padded(to: nodeWidth)) \(node.stallNote)"
            }
    }
}
