import SafeText

/// Nodes that spend much more of their time in a function than the others.
enum ProfileOutliers {
    /// How much more than the median of the nodes, as part of a node's samples of tasks.
    private static let difference = 0.1
    private static let fewestNodes = 3
    /// With fewer samples a share says little.
    private static let fewestSamples: UInt64 = 50
    private static let shown = 5

    static func lines(_ samples: ProfileSamples) -> [String] {
        let nodes = samples.nodes.filter { $0.busy >= fewestSamples }
        guard nodes.count >= fewestNodes else { return [] }
        let shares = nodes.map { node in
            node.rows.reduce(into: [String: Double]()) {
                $0[$1.innermost, default: 0] += Double($1.count) / Double(node.busy)
            }
        }
        var far: [(node: String, name: String, share: Double, median: Double)] = []
        for name in Set(shares.flatMap(\.keys)) {
            let sorted = shares.map { $0[name] ?? 0 }.sorted()
            let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
            for (node, share) in zip(nodes, shares) {
                let own = share[name] ?? 0
                if own - median >= difference { far.append((node.name, name, own, median)) }
            }
        }
        far.sort { ($1.share - $1.median, $0.node, $0.name) < ($0.share - $0.median, $1.node, $1.name) }
        return far.prefix(shown).map {
            "\($0.node): \(percent($0.share)) of its samples are in \($0.name), \(percent($0.median)) are the median of the nodes"
                .safeLine
        } + (far.count > shown ? ["and \(far.count - shown) more such differences"] : [])
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
