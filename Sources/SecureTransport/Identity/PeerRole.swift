/// The kind of a peer, from its certificate. It decides what a connection may do.
public enum PeerRole: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// A node: `fleetrace-agent`.
    case node
    /// A person or a script that runs commands: `fleetrace`.
    case `operator`
    /// The daemon that agents and operators dial.
    case controller

    /// The name in the URI.
    public var description: String { rawValue }
}

/// What an operator may do.
public enum OperatorRole: String, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
    /// List, stat and report.
    case viewer
    /// Start sessions, and all that a viewer may do.
    case tracer
    /// Everything.
    case admin

    /// The name in the URI.
    public var description: String { rawValue }

    /// Orders by what is allowed: viewer < tracer < admin.
    public static func < (lhs: OperatorRole, rhs: OperatorRole) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .tracer: 1
        case .admin: 2
        }
    }
}
