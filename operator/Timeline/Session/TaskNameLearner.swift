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
    }

    private let rules: [[Rule]]
    /// Whether there is a rule, by event number: the only cost of most events.
    private let teaches: [Bool]

    /// Fields of include/trace/events/sched.h and task.h by event. `sched_switch` and the wakeups would cost more than
    /// they are worth: the kernel's own table gets every task that is switched out.
    private static let known: [String: [(pid: String, name: String, isPath: Bool)]] = [
        "sched:sched_process_exec": [("pid", "filename", true)],
        "sched:sched_process_exit": [("pid", "comm", false)],
        "sched:sched_process_fork": [("parent_pid", "parent_comm", false), ("child_pid", "child_comm", false)],
        "task:task_newtask": [("pid", "comm", false)],
        "task:task_rename": [("pid", "newcomm", false)],
    ]

    init(_ catalog: EventCatalog) {
        var rules: [[Rule]] = Array(repeating: [], count: min(1 << 16, (catalog.events.keys.max() ?? -1) + 1))
        for (event, fields) in Self.known {
            guard let format = catalog.event(named: event)?.format, rules.indices.contains(format.id) else { continue }
            rules[format.id] = fields.compactMap { field in
                guard let pid = format.field(field.pid), pid.size == 4, let name = format.field(field.name) else {
                    return nil
                }
                return Rule(pidOffset: pid.offset, name: name, isPath: field.isPath)
            }
        }
        self.rules = rules
        teaches = rules.map { !$0.isEmpty }
    }

    /// Puts the names in the event into `table`. Events are untrusted input: fields that do not fit are skipped.
    func learn(from event: UnsafeRawBufferPointer, type: Int?, into table: NodeTaskNames) {
        guard let type, type >= 0, type < teaches.count, teaches[type] else { return }
        for rule in rules[type] {
            guard rule.pidOffset >= 0, rule.pidOffset + 4 <= event.count,
                let text = Self.text(rule.name, in: event)
            else { continue }
            let pid = Int32(littleEndian: event.loadUnaligned(fromByteOffset: rule.pidOffset, as: Int32.self))
            let name = rule.isPath ? text.split(separator: UInt8(ascii: "/")).last ?? text : text
            if pid > 0, !name.isEmpty { table.set(pid, name) }
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
