import TraceProtocol

/// The nodes that a controller knows, as a table and as JSON.
public enum NodeTable {
    /// Rows of cells, the first of them the titles.
    public static func rows(_ nodes: [WireNodeStatus]) -> [[String]] {
        let titles = [
            "NODE", "STATE", "KERNEL", "ARCH", "CPUS", "CLOCK", "DRIFT", "PROBED", "RTT", "SESSIONS", "EVENTS", "LOST",
            "BYTES/S", "KEPT",
            "AGENT",
            "CPU", "MEMORY", "LABELS",
        ]
        return [titles] + nodes.map(row)
    }

    private static func row(_ node: WireNodeStatus) -> [String] {
        let isKnown = node.connected && node.hasVitals
        return [
            node.name, state(node), node.host.kernelRelease, node.host.architecture, "\(node.host.onlineCpus)",
            "±" + Quantity.duration(.nanoseconds(node.clockBoundNs)), drift(node), probeAge(node),
            Quantity.duration(.nanoseconds(node.roundTripNs)),
            "\(node.sessions)", "\(node.eventsReceived)", "\(node.eventsLost)",
            node.connected ? Quantity.short(Double(node.bytesPerSecond)) : "-", isKnown ? kept(node.vitals) : "-",
            version(node),
            isKnown ? percent(node.agentCpuPermille) : "-", isKnown ? Quantity.bytes(node.vitals.residentBytes) : "-",
            labels(node),
        ]
    }

    /// What does not fit into rows: two machines that use one identity.
    public static func notes(_ nodes: [WireNodeStatus]) -> [String] {
        nodes.filter { !$0.twin.isEmpty }.map { node in
            "\(node.name): two machines use its certificate: \(node.address.isEmpty ? "?" : node.address) is connected, and \(node.twin) was refused"
        }
    }

    /// Whether a node is missing or has lost events: worth a look.
    public static func isBad(_ node: WireNodeStatus) -> Bool {
        !node.connected || node.eventsLost > 0 || !node.twin.isEmpty || !node.vitals.standstill.isEmpty
    }

    /// What is not acknowledged yet, and what holds it up.
    private static func kept(_ vitals: WireVitals) -> String {
        Quantity.bytes(vitals.heldBytes) + (vitals.standstill.isEmpty ? "" : ", \(vitals.standstill)")
    }

    /// Of the node's clock against the controller's, as it is estimated.
    private static func drift(_ node: WireNodeStatus) -> String {
        node.hasClockDriftPpb ? NodeText.drift(partsPerBillion: node.clockDriftPpb) : "-"
    }

    /// How long ago the last clock probe was answered: the bound has widened since then.
    private static func probeAge(_ node: WireNodeStatus) -> String {
        node.hasClockProbeAgeMs ? Quantity.duration(.milliseconds(node.clockProbeAgeMs)) + " ago" : "-"
    }

    private static func state(_ node: WireNodeStatus) -> String {
        node.connected ? "connected" : "gone \(node.lastHeardMs / 1000)s"
    }

    /// `fleetrace-agent 0.1.0` is an agent's usual name for itself.
    private static func version(_ node: WireNodeStatus) -> String {
        node.software.hasPrefix("fleetrace-agent ") ? String(node.software.dropFirst(16)) : node.software
    }

    static func percent(_ permille: UInt32) -> String { "\(permille / 10).\(permille % 10)%" }

    static func labels(_ node: WireNodeStatus) -> String {
        node.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    private struct Object: Encodable {
        var node: String
        var state: String
        var kernel: String
        var arch: String
        var cpus: UInt32
        var clock_bound_ns: Int64?
        var clock_drift_ppb: Int64?
        var clock_probe_age_ms: Int64?
        var rtt_ns: Int64?
        var sessions: UInt32
        var events: UInt64
        var lost: UInt64
        var bytes: UInt64
        var bytes_per_second: UInt64
        var events_per_second: UInt64
        var agent: String
        var agent_cpu_percent: Double?
        var agent_memory_bytes: UInt64?
        var kept_bytes: UInt64?
        var kept_memory_bytes: UInt64?
        var memory_limit_bytes: UInt64?
        var spool_bytes: UInt64?
        var spool_limit_bytes: UInt64?
        var credit_bytes: Int64?
        var waiting_ms: UInt64?
        var full_ms: UInt64?
        var spool_fault: String?
        var last_heard_ms: Int64
        var labels: [String: String]
        var address: String?
        var twin: String?
    }

    /// One object a line. What is not known is left out.
    public static func json(_ nodes: [WireNodeStatus]) throws -> [String] {
        try nodes.map { node in
            let isKnown = node.connected && node.hasVitals
            return try JSONLine.text(
                Object(
                    node: node.name, state: node.connected ? "connected" : "gone", kernel: node.host.kernelRelease,
                    arch: node.host.architecture, cpus: node.host.onlineCpus,
                    clock_bound_ns: node.clockBoundNs >= 0 ? node.clockBoundNs : nil,
                    clock_drift_ppb: node.hasClockDriftPpb ? node.clockDriftPpb : nil,
                    clock_probe_age_ms: node.hasClockProbeAgeMs ? node.clockProbeAgeMs : nil,
                    rtt_ns: node.roundTripNs >= 0 ? node.roundTripNs : nil, sessions: node.sessions,
                    events: node.eventsReceived, lost: node.eventsLost, bytes: node.bytesReceived,
                    bytes_per_second: node.bytesPerSecond, events_per_second: node.eventsPerSecond,
                    agent: node.software, agent_cpu_percent: isKnown ? Double(node.agentCpuPermille) / 10 : nil,
                    agent_memory_bytes: isKnown ? node.vitals.residentBytes : nil,
                    kept_bytes: isKnown ? node.vitals.heldBytes : nil,
                    kept_memory_bytes: isKnown ? node.vitals.memoryBytes : nil,
                    memory_limit_bytes: isKnown ? node.vitals.memoryLimit : nil,
                    spool_bytes: isKnown ? node.vitals.spoolBytes : nil,
                    spool_limit_bytes: isKnown ? node.vitals.spoolLimit : nil,
                    credit_bytes: isKnown ? node.vitals.credit : nil,
                    waiting_ms: isKnown ? node.vitals.waitingMs : nil, full_ms: isKnown ? node.vitals.fullMs : nil,
                    spool_fault: node.vitals.spoolFault.isEmpty ? nil : node.vitals.spoolFault,
                    last_heard_ms: node.lastHeardMs, labels: node.labels,
                    address: node.address.isEmpty ? nil : node.address, twin: node.twin.isEmpty ? nil : node.twin))
        }
    }
}
