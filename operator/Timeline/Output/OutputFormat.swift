/// The ways in which a timeline is written.
public enum OutputFormat: String, Sendable, CaseIterable {
    /// For reading: time of day with its bound, node, CPU, task, event.
    case `default`
    /// Lines as the kernel's own `trace` file has them.
    case ftrace
    /// One JSON object a line (docs/guide/output.md).
    case json
}

/// What of a timeline is written.
public struct TimelineFilter: Sendable {
    /// Empty for all.
    public var nodes: Set<String> = []
    public var cpus: Set<UInt32> = []
    /// Names of tasks as shell patterns; empty for all.
    public var comms: [String] = []
    /// Numbers of tasks as the kernel's records have them: of threads. Empty for all.
    public var pids: Set<Int32> = []
    /// What `nodes` are not is shown too, on all of its CPUs and of all its tasks: what the others did in that time.
    public var includesOthers = false
    /// Relative to the first event when `isRelative`, else ns since the epoch.
    public var since: TimelineMoment?
    public var until: TimelineMoment?
    /// A condition on fields, in the kernel's filter syntax.
    public var condition: String?

    public init(condition: String? = nil) {
        self.condition = condition
    }
}

/// A moment as a person states it.
public enum TimelineMoment: Sendable, Hashable {
    /// ns after the session's first event.
    case offset(Int64)
    /// ns since the epoch.
    case epoch(Int64)

    /// So many ns later.
    public func moved(by nanoseconds: Int64) -> TimelineMoment {
        switch self {
        case .offset(let offset): .offset(offset &+ nanoseconds)
        case .epoch(let time): .epoch(time &+ nanoseconds)
        }
    }
}
