import SessionStore
import TraceClock

extension ReportPlan {
    /// The clocks, tightened by matched messages.
    ///
    /// - Returns: also what the messages showed; nil without any source of them.
    /// - Throws: `StoreError`, `ReportError`.
    func clocks(_ inputs: [ReportInput], wander: ClockWander?, causal: CausalOptions) throws -> (
        clocks: [Int: SavedClock], findings: CausalFindings?
    ) {
        guard !causal.isEmpty else { return (try clocks(inputs, wander: wander), nil) }
        var pass = CausalPass(causal)
        var ends = nodes.map { CausalPass.Node(name: $0.name) }
        for (index, node) in nodes.enumerated() {
            guard case .log(let session, let name) = node.source else { continue }
            ends[index].session = session
            guard case .session(let directory) = inputs[session] else { continue }
            try pass.read(NodeLogReader(try directory.log(of: name)), node: index, session: session)
        }
        let result = try pass.finish(ends, wander: wander)
        return (result.clocks, result.findings)
    }

    /// The clocks of the nodes of sessions, by index: a first pass over their logs, for what these say of clocks.
    ///
    /// - Parameter wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    /// - Throws: `StoreError`.
    func clocks(_ inputs: [ReportInput], wander: ClockWander?) throws -> [Int: SavedClock] {
        var clocks: [Int: SavedClock] = [:]
        for (index, node) in nodes.enumerated() {
            guard case .log(let session, let name) = node.source, case .session(let directory) = inputs[session] else {
                continue
            }
            clocks[index] = ClockRecords(of: NodeLogReader(try directory.log(of: name))).saved(wander: wander)
        }
        return clocks
    }
}
