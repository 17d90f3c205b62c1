import SystemFacts
import TraceProtocol

/// The sessions that a controller has, as a table and as JSON.
public enum SessionTable {
    /// Rows of cells, the first of them the titles.
    public static func rows(_ sessions: [WireSessionDescription], now: EpochInstant) -> [[String]] {
        let titles = ["SESSION", "NAME", "OPERATOR", "SEEN BY", "STATE", "NODES", "SIZE", "AGE", "EVENTS"]
        return [titles]
            + sessions.map { session in
                [
                    session.identifier, session.name, session.operator, session.private ? "owner, admins" : "all",
                    state(session), "\(session.nodes.count)",
                    session.storedBytes > 0 ? Quantity.bytes(session.storedBytes) : "-",
                    age(EpochInstant(nanoseconds: session.created).duration(to: now)),
                    session.subjects.joined(separator: " "),
                ]
            }
    }

    /// One word, and whether it belongs to the controller. The reasons of one that is incomplete are in its JSON.
    private static func state(_ session: WireSessionDescription) -> String {
        let word = String(session.state.prefix { $0 != ":" })
        return session.isRunning && session.detached ? word + ", detached" : word
    }

    /// `12s`, `5m`, `3h`, `2d`: since it began.
    private static func age(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        return switch seconds {
        case ..<120: "\(seconds)s"
        case ..<7200: "\(seconds / 60)m"
        case ..<172_800: "\(seconds / 3600)h"
        default: "\(seconds / 86_400)d"
        }
    }

    private struct Object: Encodable {
        var session: String
        var name: String
        var `operator`: String
        var `private`: Bool
        var detached: Bool
        var running: Bool
        var state: String
        var nodes: [String]
        var events: [String]
        var probes: [String]
        var functions: [String]
        var graph: [String]
        var bytes: UInt64
        var created_ns: String
        var ended_ns: String?
    }

    /// One object a line. Times are ns since the epoch, in strings: many readers keep 53 bits of a number.
    public static func json(_ sessions: [WireSessionDescription]) throws -> [String] {
        try sessions.map { session in
            try JSONLine.text(
                Object(
                    session: session.identifier, name: session.name, operator: session.operator,
                    private: session.private, detached: session.detached, running: session.isRunning,
                    state: session.state, nodes: session.nodes, events: session.events, probes: session.probes,
                    functions: session.functionTrace.functions, graph: session.functionTrace.graph,
                    bytes: session.storedBytes, created_ns: "\(session.created)",
                    ended_ns: session.ended > 0 ? "\(session.ended)" : nil))
        }
    }
}

extension WireSessionDescription {
    /// The session's id as people see it.
    public var identifier: String { String(session, radix: 16) }

    /// How a person names it: by its name if it was given one as its own.
    public var calling: String { detached && !name.isEmpty ? name : identifier }

    /// What it records, as a person has asked for it.
    var subjects: [String] {
        events + functionTrace.functions.map { "function:\($0)" } + functionTrace.graph.map { "graph:\($0)" }
    }

    public var isRunning: Bool { ended == 0 && state == "recording" }
}
