import EventFormat
import TraceClock

/// The call trees of all tasks of all nodes (`--format graph`). A tree is written when it is complete: its lines stand
/// together, whatever other tasks do meanwhile.
struct CallForest {
    /// A task of a node. The idle tasks of all CPUs have one number.
    private struct Task: Hashable {
        let node: Int
        let pid: Int32
        let idleCPU: UInt32?
    }

    private struct Growing {
        var tree = CallTree()
        let head: Head
        /// Where its last record was made.
        var cpu: UInt32
        /// A part of it has been written.
        var isContinued = false
    }

    /// What stands above a tree.
    private struct Head {
        let time: MappedTime
        let place: LinePlace
        let node: Int
        let cpu: UInt32
        let pid: Int32
        let task: TaskName
        let renderer: NodeRenderer
    }

    private var trees: [Task: Growing] = [:]
    /// Lines of trees that grow.
    private var held = 0

    /// A tree that is longer is written in parts.
    private static let longestTree = 10_000
    /// A node may never let a task return.
    private static let mostHeld = 1_000_000

    /// Adds an event to its task's tree.
    ///
    /// - Returns: false if it belongs to none, and nothing has been done with it.
    mutating func add(
        _ event: MergedEvent, task name: TaskName, _ place: LinePlace, to out: inout LineWriter
    ) -> Bool {
        let (pid, record, renderer) = event.withRenderer { renderer in
            (
                renderer.common.pid(of: event.payload) ?? 0,
                renderer.graph?.read(event.payload, type: renderer.common.type(of: event.payload)), renderer
            )
        }
        let task = Task(node: event.nodeIndex, pid: pid, idleCPU: pid == 0 ? event.cpu : nil)
        guard record != nil || trees[task] != nil else { return false }
        var growing =
            trees.removeValue(forKey: task)
            ?? Growing(
                head: Head(
                    time: event.time, place: place, node: event.nodeIndex, cpu: event.cpu, pid: pid, task: name,
                    renderer: renderer),
                cpu: event.cpu)
        held -= growing.tree.lines.count
        growing.cpu = event.cpu
        switch record {
        case .enter(let call): growing.tree.enter(call)
        case .exit(let call, let time): growing.tree.exit(call, nanoseconds: time)
        case nil: growing.tree.add(event: Self.text(of: event, renderer))
        }
        if growing.tree.isComplete || growing.tree.lines.count >= Self.longestTree { write(&growing, to: &out) }
        if !growing.tree.isComplete {
            held += growing.tree.lines.count
            trees[task] = growing
        }
        if held > Self.mostHeld { writeAll(to: &out) }
        return true
    }

    /// Records of a CPU were lost: what its tasks were doing cannot be told any more.
    mutating func lost(node: Int, cpu: UInt32, to out: inout LineWriter) {
        end(.lost, to: &out) { $0.head.node == node && $0.cpu == cpu }
    }

    /// Nothing more comes.
    mutating func end(to out: inout LineWriter) { end(.traceEnded, to: &out) { _ in true } }

    private mutating func end(_ cause: CallTree.Cut, to out: inout LineWriter, where isMeant: (Growing) -> Bool) {
        for (task, growing) in Self.sorted(trees) where isMeant(growing) {
            var growing = growing
            held -= growing.tree.lines.count
            growing.tree.cut(cause)
            write(&growing, to: &out)
            trees[task] = nil
        }
    }

    private mutating func writeAll(to out: inout LineWriter) {
        for (task, growing) in Self.sorted(trees) {
            var growing = growing
            write(&growing, to: &out)
            trees[task] = growing
        }
        held = 0
    }

    private static func sorted(_ trees: [Task: Growing]) -> [(key: Task, value: Growing)] {
        trees.sorted { one, other in
            (one.value.head.time.estimate, one.key.node, one.key.pid)
                < (other.value.head.time.estimate, other.key.node, other.key.pid)
        }
    }

    private func write(_ growing: inout Growing, to out: inout LineWriter) {
        let lines = growing.tree.takeLines()
        guard !lines.isEmpty else { return }
        let head = growing.head
        out.appendHead(head.time, head.node, head.cpu, head.place)
        out.appendTask(head.task, head.pid)
        if growing.isContinued { out.text.append(" (continued)") }
        out.text.append("\n")
        growing.isContinued = true
        for line in lines { out.text.append(line, head.renderer.catalog) }
    }

    /// `sched:sched_switch: prev_comm=...`
    private static func text(of event: MergedEvent, _ renderer: NodeRenderer) -> String {
        var text = TextBuffer(capacity: 256)
        renderer.eventNames.append(renderer.common.type(of: event.payload), to: &text)
        text.append(": ")
        renderer.catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)),
            includingName: false, into: &text)
        text.makeSafe(from: 0)
        return text.string
    }
}
