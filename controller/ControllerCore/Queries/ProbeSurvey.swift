import TraceProtocol

/// Whether probes would work on nodes, those with the same result together. No I/O, no time.
public struct ProbeSurvey: Sendable, NodeSurvey {
    private enum Outcome: Hashable, Sendable {
        case checked(WireProbesChecked)
        case refusal(WireRefusal)

        /// Bytes on the wire.
        var size: Int {
            switch self {
            case .checked(let checked): (try? checked.serializedData().count) ?? 0
            case .refusal(let refusal): (try? refusal.serializedData().count) ?? 0
            }
        }
    }

    private var waiting: Set<String>
    private let probes: Int
    private var groups: [Outcome: [String]] = [:]
    private var bytes = 0
    /// Bytes of different results that one reply holds, with room to spare in its frame.
    private let limit: Int

    /// - Parameters:
    ///   - probes: how many were asked about.
    ///   - limit: bytes of different results that the report may have.
    public init(nodes: [String], probes: Int, limit: Int) {
        waiting = Set(nodes)
        self.probes = probes
        self.limit = limit
    }

    public var isDone: Bool { waiting.isEmpty }

    public mutating func begin() -> [NodeRequest] {
        waiting.sorted().map { NodeRequest(node: $0) }
    }

    @discardableResult
    public mutating func replied(
        _ node: String, _ result: Result<WireProbesChecked, WireRefusal>
    ) -> [NodeRequest] {
        guard waiting.remove(node) != nil else { return [] }
        var outcome: Outcome
        switch result {
        case .success(let checked) where checked.checks.count == probes: outcome = .checked(checked)
        case .success: outcome = .refusal(WireRefusal(.unspecified, "the node replied about other probes"))
        case .failure(let refusal): outcome = .refusal(refusal)
        }
        if groups[outcome] == nil {
            let size = outcome.size
            if bytes + size > limit {
                outcome = .refusal(
                    WireRefusal(.unspecified, "there are more different results than fit into one reply"))
            } else {
                bytes += size
            }
        }
        groups[outcome, default: []].append(node)
        return []
    }

    /// Nodes that have not replied in time.
    public mutating func deadline() {
        for node in waiting { replied(node, .failure(WireRefusal(.timeout, "still busy when the time was up"))) }
    }

    /// The largest group first; nodes by name.
    public func report() -> WireProbeReport {
        var report = WireProbeReport()
        report.groups = groups.map { outcome, nodes in
            var group = WireProbeReportGroup()
            group.nodes = nodes.sorted()
            switch outcome {
            case .checked(let checked): group.checked = checked
            case .refusal(let refusal): group.refusal = refusal
            }
            return group
        }.sorted { a, b in
            a.nodes.count == b.nodes.count
                ? (a.nodes.first ?? "") < (b.nodes.first ?? "") : a.nodes.count > b.nodes.count
        }
        return report
    }
}
