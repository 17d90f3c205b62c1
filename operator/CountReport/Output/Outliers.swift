/// Nodes that count much more than the others.
enum Outliers {
    /// How many times the median makes an outlier.
    private static let factor = 4.0
    private static let fewestNodes = 3
    private static let shown = 5

    static func lines(_ counts: FleetCounts, _ interval: CountInterval) -> [String] {
        guard counts.nodes.count >= fewestNodes else { return [] }
        return counts.columns.indices.flatMap { column -> [String] in
            var byNode: [Int: UInt64] = [:]
            for (subject, sum) in interval.nodeSums where subject.column == column {
                if let node = subject.node { byNode[node, default: 0] &+= sum.count }
            }
            // A node with a count of 0 in a table has no row.
            for node in counts.nodes.indices where counts.refusal(column: column, node: node) == nil {
                byNode[node, default: 0] += 0
            }
            let median = Double(Median.of(byNode.values.sorted()))
            guard median > 0 else { return [] }
            let far = byNode.filter { Double($0.value) >= factor * median }.sorted { $0.value > $1.value }
            return far.prefix(shown).map { node, count in
                "\(counts.columns[column]): \(counts.nodes[node].name): \(times(Double(count) / median)) x the median"
            } + (far.count > shown ? ["\(counts.columns[column]): and \(far.count - shown) more nodes"] : [])
        }
    }

    private static func times(_ factor: Double) -> String {
        factor >= 10 ? CountText.grouped(UInt64(exactly: factor.rounded()) ?? .max) : CountText.short(factor)
    }
}
