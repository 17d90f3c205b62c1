import TraceProtocol

/// What is known of one node, section by section.
enum NodeText {
    static func lines(_ report: WireNodeReport) -> [String] {
        Array([instances(report), probes(report)].joined(separator: [""]))
    }

    private static func instances(_ report: WireNodeReport) -> [String] {
        let instances = report.description_p.instances
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
        let probes = report.description_p.probes
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
