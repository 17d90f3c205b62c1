import TraceProtocol

/// How nodes checked probes: for each probe a row for each different outcome.
public struct ProbeTable {
    /// Nodes that refuse a probe, or everything.
    public let refusals: Set<String>
    /// How many nodes were asked.
    public let nodes: Int
    public let lines: [String]

    private typealias Row = (outcome: WireProbeCheck.OneOf_Outcome, nodes: [String])

    /// - Parameter probes: as they were asked about, in the order of the checks.
    public init(_ report: WireProbeReport, probes: [String]) {
        var refusals: Set<String> = []
        var rows = [["PROBE", "NODES", "PLANTED", "RECORD, OR WHY NOT"]]
        var remarks: [String] = []
        let total = report.groups.reduce(0) { $0 + $1.nodes.count }
        for (index, probe) in probes.enumerated() {
            let outcomes = Self.outcomes(report, index)
            for (position, row) in outcomes.enumerated() {
                var cells = [position == 0 ? probe : "", NodeNames.short(row.nodes, of: total)]
                switch row.outcome {
                case .planted(let planted):
                    cells += [planted.planted.isEmpty ? "yes" : planted.planted, Self.record(planted)]
                    remarks += planted.notes.map { "\(probe), \(NodeNames.short(row.nodes, of: total)): \($0)" }
                case .refusal(let refusal):
                    refusals.formUnion(row.nodes)
                    cells += ["no", refusal.text]
                    remarks += Self.detail(refusal, probe, row.nodes, total)
                }
                rows.append(cells)
            }
            remarks += Self.differences(outcomes, probe)
        }
        nodes = total
        self.refusals = refusals
        lines = TextTable.lines(rows) + (remarks.isEmpty ? [] : [""] + remarks)
    }

    /// The different outcomes of one probe, that of the most nodes first.
    private static func outcomes(_ report: WireProbeReport, _ index: Int) -> [Row] {
        var rows: [Row] = []
        for group in report.groups {
            let outcome: WireProbeCheck.OneOf_Outcome
            switch group.outcome {
            case .checked(let checked) where checked.checks.indices.contains(index):
                guard let checkOutcome = checked.checks[index].outcome else { continue }
                outcome = checkOutcome
            case .refusal(let refusal): outcome = .refusal(refusal)
            default: continue
            }
            if let row = rows.firstIndex(where: { $0.outcome == outcome }) {
                rows[row].nodes = (rows[row].nodes + group.nodes).sorted()
            } else {
                rows.append((outcome, group.nodes))
            }
        }
        return rows.sorted { $0.nodes.count > $1.nodes.count }
    }

    /// `probe:open: 8 __probe_ip u64, 16 dfd s32`
    private static func record(_ planted: WirePlantedProbe) -> String {
        let fields = planted.fields.map { "\($0.declaration) @\($0.offset)" }.joined(separator: ", ")
        return "\(planted.event.system):\(planted.event.name): \(fields)"
    }

    /// The kernel's own text, with its caret.
    private static func detail(_ refusal: WireRefusal, _ probe: String, _ nodes: [String], _ total: Int) -> [String] {
        guard !refusal.detail.isEmpty else { return [] }
        return ["\(probe), \(NodeNames.short(nodes, of: total)): \(refusal.text)"]
            + refusal.shownDetail
    }

    /// Kernels with different layouts of the same probe's record. Each node's events are decoded by its own layout, but
    /// raw records cannot be compared.
    private static func differences(_ rows: [Row], _ probe: String) -> [String] {
        var layouts: [[WireProbeField]: [String]] = [:]
        for row in rows {
            if case .planted(let planted) = row.outcome { layouts[planted.fields, default: []] += row.nodes }
        }
        guard layouts.count > 1 else { return [] }
        return ["\(probe): its record has \(layouts.count) layouts on these nodes; see the rows"]
    }
}

extension NodeNames {
    /// `all 1000`, the name of the only node, or the first names and how many there are.
    fileprivate static func short(_ nodes: [String], of total: Int) -> String {
        if nodes.count == 1 { return nodes[0] }
        return nodes.count == total ? "all \(total)" : short(nodes)
    }
}
