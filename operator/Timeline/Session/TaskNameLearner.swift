import EventFormat

/// Learns names of tasks from the events that state them. A program that runs for a moment is gone before the kernel
/// can be asked for its name, but its exec and exit events have it.
///
/// Not for `--format ftrace`: the kernel's `trace` file knows only its saved command lines.
final class TaskNameLearner {
    /// Where an event has a pid and the name that belongs to it.
    private struct Rule {
        let pidOffset: Int
        let name: EventField
        /// The name is the last part of a path: what exec runs.
        let isPath: Bool
        let phase: Phase
    }

    /// Whether the task has the name when the event happens, or behind it.
    enum Phase {
        case before, after
    }

    private let rules: [[Rule]]
    /// Whether there is a rule, by event number: the only cost of most events.
    private let isTeacher: [Bool]

    /// Fields of include/trace/events/sched.h and task.h by event. `sched_switch` and the wakeups would cost more than
    /// they are worth: the kernel's own table gets every task that is switched out.
    private static let known: [String: [(pid: String, name: String, isPath: Bool, phase: Phase)]] = [
        "sched:sched_process_exec": [("pid", "filename", true, .before)],
        "sched:sched_process_exit": [("pid", "comm", false, .before)],
        "sched:sched_process_fork": [
            ("parent_pid", "parent_comm", false, .before), ("child_pid", "child_comm", false, .before),
        ],
        "task:task_newtask": [("pid", "comm", false, .before)],
        // The kernel changes the name behind the event (__set_task_comm of fs/exec.c).
        "task:task_rename": [("pid", "oldcomm", false, .before), ("pid", "newcomm", false, .after)],
    ]

    init(_ catalog: EventCatalog) {
        var rules: [[Rule]] = Array(repeating: [], count: min(1 << 16, (catalog.events.keys.max() ?? -1) + 1))
        for (event, fields) in Self.known {
            guard let format = catalog.event(named: event)?.format, rules.indices.contains(format.id) else { continue }
            rules[format.id] = fields.compactMap { field in
                // Newer kernels leave the pid out of a rename: it is the task's own.
                guard let pid = format.field(field.pid) ?? format.field("common_pid"), pid.size == 4,
                    let name = format.field(field.name)
                else {
                    return nil
                }
                return Rule(pidOffset: pid.offset, name: name, isPath: field.isPath, phase: field.phase)
            }
        }
        self.rules = rules
        isTeacher = rules.map { !$0.isEmpty }
        let knowsAll = catalog.event(named: "task:task_rename").map { rules[$0.format.id].count == 2 } ?? false
        taught = knowsAll ? .everyChange : isTeacher.contains(true) ? .some : .nothing
    }

    /// What the events of this node state.
    let taught: NodeTaskNames.Taught

    /// Whether events of this number state names.
    func teaches(_ type: Int?) -> Bool {
        guard let type, type >= 0, type < isTeacher.count else { return false }
        return isTeacher[type]
    }

    /// Puts the names in the event into `table`. Events are untrusted input: fields that do not fit are skipped.
    func learn(
        _ phase: Phase, from event: UnsafeRawBufferPointer, type: Int?, at time: UInt64, into table: NodeTaskNames
    ) {
        guard let type, teaches(type) else { return }
        for rule in rules[type] where rule.phase == phase {
            guard rule.pidOffset >= 0, rule.pidOffset + 4 <= event.count,
                let text = Self.text(rule.name, in: event)
            else { continue }
            let pid = Int32(littleEndian: event.loadUnaligned(fromByteOffset: rule.pidOffset, as: Int32.self))
            let name = rule.isPath ? text.split(separator: UInt8(ascii: "/")).last ?? text : text
            if pid > 0, !name.isEmpty { table.learn(pid, name, at: time) }
        }
    }

    /// The string that a field holds, up to its first NUL.
    private static func text(_ field: EventField, in event: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var (start, length) = (field.offset, field.size)
        if case .dynamic = field.kind {
            guard start >= 0, start + 4 <= event.count else { return nil }
            let location = UInt32(littleEndian: event.loadUnaligned(fromByteOffset: start, as: UInt32.self))
            (start, length) = (Int(location & 0xFFFF), Int(location >> 16))
        } else if field.kind != .string {
            return nil
        }
        guard start >= 0, length >= 0, start + length <= event.count else { return nil }
        return event[start..<start + length].prefix { $0 != 0 }
    }
}
