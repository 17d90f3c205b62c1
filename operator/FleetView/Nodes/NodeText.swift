import SystemFacts
import TraceProtocol

/// Everything that is known of one node, section by section.
public struct NodeText: Sendable {
    /// What the controller says of every node.
    public var status: WireNodeStatus
    /// What the controller and the node say of this one.
    public var report: WireNodeReport
    /// All running sessions.
    public var sessions: [WireSessionDescription]
    /// Events a second, the most frequent first; nil where they could not be counted, for the reason in `remark`.
    public var rates: [(event: String, rate: Double)]?
    public var remark: String

    public init(
        _ status: WireNodeStatus, _ report: WireNodeReport, sessions: [WireSessionDescription],
        rates: [(event: String, rate: Double)]?, remark: String
    ) {
        self.status = status
        self.report = report
        self.sessions = sessions
        self.rates = rates
        self.remark = remark
    }

    public func lines(now: EpochInstant) -> [String] {
        let isThere = report.hasNodeDescription
        let sections = [
            facts(now: now), clock(now: now), isThere ? recordings() : [], isThere ? Self.instances(report) : [],
            isThere ? Self.probes(report) : [], isThere ? eventRates() : [], isThere ? busiest() : [], cost(), log(),
        ]
        return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    private static func instances(_ report: WireNodeReport) -> [String] {
        let instances = report.nodeDescription.instances
        guard !instances.isEmpty else { return ["no trace instances on \(report.node)"] }
        let rows = instances.map { instance in
            [
                instance.name, owner(instance.session, instance.node, instance.operator, report),
                instance.recording ? "on" : "off", "\(instance.enabledEvents)",
            ]
        }
        return TextTable.lines([["INSTANCE", "OWNER", "RECORDING", "EVENTS"]] + rows)
    }

    private static func probes(_ report: WireNodeReport) -> [String] {
        let probes = report.nodeDescription.probes
        guard !probes.isEmpty else { return ["no probes on \(report.node)"] }
        let rows = probes.map { probe in
            [
                "\(probe.event.system):\(probe.event.name)", owner(probe.session, probe.node, probe.operator, report),
                "\(probe.hits)", "\(probe.misses)", probe.planted.isEmpty ? "?" : probe.planted, probe.definition,
            ]
        }
        return TextTable.lines([["PROBE", "OWNER", "HITS", "MISSES", "PLANTED", "DEFINITION"]] + rows)
    }

    private static func owner(_ session: UInt64, _ node: String, _ operator: String, _ report: WireNodeReport) -> String
    {
        guard !node.isEmpty else { return "somebody else" }
        guard node == report.node else { return "agent \(node)" }
        return "session \(String(session, radix: 16))" + (`operator`.isEmpty ? "" : ", \(`operator`)")
    }
}
