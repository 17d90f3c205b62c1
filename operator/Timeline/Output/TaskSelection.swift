import EventFormat
import TextPatterns

/// Which events are wanted by the task in whose context they happened (`--comm`, `--pid`).
final class TaskSelection {
    private let comms: [Glob]
    private let pids: Set<Int32>
    /// Nodes to which this applies, by index; nil for all.
    private let nodes: Set<Int>?

    /// Nil when every task is wanted.
    init?(_ filter: TimelineFilter, nodes names: [String]) {
        guard !filter.comms.isEmpty || !filter.pids.isEmpty else { return nil }
        comms = filter.comms.map { Glob($0, dialect: .kernel) }
        pids = filter.pids
        // Events of other nodes come here only if the window admits them.
        nodes =
            filter.nodes.isEmpty || !filter.includesOthers
            ? nil : Set(names.indices.filter { filter.nodes.contains(names[$0]) })
    }

    func admits(_ event: MergedEvent, _ task: TaskName) -> Bool {
        if let nodes, !nodes.contains(event.nodeIndex) { return true }
        if !pids.isEmpty {
            guard let pid = event.withRenderer({ $0.common.pid(of: event.payload) }), pids.contains(pid) else {
                return false
            }
        }
        return comms.isEmpty || task.withBytes { name in comms.contains { $0.matches(name) } }
    }
}
