import EventFormat
import Probes
import TextPatterns
import TraceProtocol
import Tracefs

/// What to do with each event's records, compiled once from a request and this kernel's formats.
struct CountProgram: Sendable {
    /// What an event is for.
    enum Role: Sendable, Equatable {
        /// Index of its column.
        case count(Int)
        /// The beginning and the end of what is timed.
        case entry, exit
        /// A task begins, with a name.
        case newTask
        /// A task changes its name.
        case rename
    }

    /// One event.
    struct Part: Sendable {
        let role: Role
        let reader: RecordKeyReader?
        var values = RecordValues.none
        /// With a latency that is not by thread.
        var match: MatchReader?
        let pidOffset: Int
        /// Names of tasks, which `newTask` and `rename` change, and counted events that are these: whose, the present one,
        /// and before that the former.
        var subject: NumberField?
        var name: (offset: Int, size: Int)?
        var formerName: (offset: Int, size: Int)?
        var requiredSize: Int
    }

    /// What is counted, as it is shown.
    private(set) var columns: [String] = []
    private(set) var parts: [Part] = []
    /// Index in `parts` plus one, by the number of the event; 0 for others.
    private(set) var indices: [UInt16] = []
    let typeOffset: Int
    /// Records must be counted in the order of time.
    private(set) var isOrdered = false
    /// Keys hold names of tasks.
    private(set) var needsNames = false

    /// - Parameters:
    ///   - columns: events to count, or entry and exit with a latency.
    ///   - naming: events that carry names of tasks.
    init(
        _ request: WireCountRequest, columns: [(shown: EventName, format: EventFormat)], naming: [EventFormat]
    ) throws(WireRefusal) {
        typeOffset = columns.first?.format.field("common_type")?.offset ?? 0
        let isLatency = request.hasLatency
        for (index, column) in columns.enumerated() {
            let role: Role = isLatency ? (index == 0 ? .entry : .exit) : .count(index)
            // The keys of a latency are those of its end.
            let reader = role == .entry ? nil : try RecordKeyReader(request, column.format)
            if reader?.needsNames == true { needsNames = true }
            if !isLatency { self.columns.append("\(column.shown)") }
            add(
                column.format, role, reader,
                isLatency ? RecordValues.none : try RecordValues(request, column.format),
                request.isMatched ? try MatchReader(request.latency.match, column.format) : nil)
        }
        if isLatency {
            self.columns = [columns.map { "\($0.shown)" }.joined(separator: " -> ")]
            isOrdered = true
        }
        guard needsNames else { return }
        isOrdered = true
        for format in naming { addNaming(format) }
    }

    private mutating func add(
        _ format: EventFormat, _ role: Role, _ reader: RecordKeyReader?, _ values: RecordValues, _ match: MatchReader?
    ) {
        let pid = format.field("common_pid")?.offset ?? 4
        let part = Part(
            role: role, reader: reader, values: values, match: match, pidOffset: pid,
            requiredSize: max(
                reader?.requiredSize ?? 0, values.requiredSize, match?.requiredSize ?? 0, pid + 4, typeOffset + 2))
        add(part, format.id)
    }

    private mutating func add(_ part: Part, _ id: Int) {
        guard id >= 0, id <= UInt16.max else { return }
        while indices.count <= id { indices.append(0) }
        parts.append(part)
        indices[id] = UInt16(parts.count)
    }

    /// `task:task_newtask` and `task:task_rename` (include/trace/events/task.h).
    private mutating func addNaming(_ format: EventFormat) {
        let isRename = format.name == "task_rename"
        func text(_ name: String) -> (offset: Int, size: Int)? {
            guard let field = format.field(name), field.kind == .string else { return nil }
            return (field.offset, field.size)
        }
        let fields = format.fields
        guard let subject = fields.first(where: { $0.name == "pid" }).flatMap(NumberField.init),
            let name = text(isRename ? "newcomm" : "comm")
        else { return }
        if indices.indices.contains(format.id), indices[format.id] != 0 {
            // It is counted, too.
            let index = Int(indices[format.id]) - 1
            (parts[index].subject, parts[index].name, parts[index].formerName) = (subject, name, text("oldcomm"))
            parts[index].requiredSize = max(parts[index].requiredSize, fields.map(\.end).max() ?? 0)
            return
        }
        let part = Part(
            role: isRename ? .rename : .newTask, reader: nil, pidOffset: 0, subject: subject, name: name,
            formerName: text("oldcomm"), requiredSize: fields.map(\.end).max() ?? 0)
        add(part, format.id)
    }

    /// The events that carry names of tasks, on kernels that have them.
    static let namingEvents = ["task_newtask", "task_rename"].compactMap { EventName(system: "task", name: $0) }

    /// The fields whose values stand beside the counts of a column.
    func values(ofColumn column: Int) -> RecordValues {
        parts.first { $0.role == .count(column) }?.values ?? .none
    }

    /// The number of an event; nil for a record that is too short for one.
    func part(of record: UnsafeRawBufferPointer) -> Int? {
        guard record.count >= typeOffset &+ 2 else { return nil }
        let id = Int(record.loadUnaligned(fromByteOffset: typeOffset, as: UInt16.self))
        guard id < indices.count, indices[id] != 0 else { return nil }
        return Int(indices[id]) &- 1
    }
}
