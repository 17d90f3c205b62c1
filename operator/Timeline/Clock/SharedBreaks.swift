/// Finds breaks that several nodes' clocks show at one instant. Nothing that happens to one node does that: it was the
/// clock that they are all compared with, the controller's. A value without I/O.
struct SharedBreaks {
    private struct Found {
        let node: Int
        let from: Int64
        let to: Int64
    }

    private var found: [Found] = []

    /// Breaks that are remembered; of more, the latest.
    private static let most = 4096

    /// Adds a break of a node.
    mutating func add(_ span: ClockBreakSpan, of node: Int) {
        guard let from = span.from ?? span.to else { return }
        if found.count >= Self.most { found.removeFirst() }
        found.append(Found(node: node, from: from, to: max(span.to ?? from, from)))
    }

    /// The other nodes whose clocks broke at the same instant, ascending.
    func others(of span: ClockBreakSpan, node: Int) -> [Int] {
        guard let from = span.from ?? span.to else { return [] }
        let to = max(span.to ?? from, from)
        return Set(found.filter { $0.node != node && $0.from <= to && from <= $0.to }.map(\.node)).sorted()
    }
}
