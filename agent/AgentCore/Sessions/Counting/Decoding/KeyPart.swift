import EventFormat
import TraceProtocol

/// Where one part of a key comes from.
enum KeyPart: Sendable, Equatable {
    case cpu
    /// Of the task in whose context the event happened.
    case pid(offset: Int)
    /// The name of that task.
    case comm(pidOffset: Int)
    /// The cgroup of that task, of version 2: its number, or its path.
    case cgroup(isPath: Bool)
    /// The call stack at the event: the kernel's, or the program's.
    case stack(isUser: Bool)
    case number(NumberField)
    /// A char array of fixed size.
    case fixedText(offset: Int, size: Int)
    /// A location word at `offset`; `base` is what its offset counts from. A text that a probe fetched may be unreadable.
    case text(offset: Int, base: Int, isFetched: Bool = false)
    /// The text at the address that a field holds.
    case pointedText(NumberField, isOfProgram: Bool)

    /// `cpu`, `pid` or `tid`, `comm`, `cgroup`, `cgroup_id`, `stack` and `ustack`, which every event has, `FIELD.ustring` and
    /// `FIELD.string`, else a field. A leading dot names a field in any case: `.pid`.
    ///
    /// - Throws: a refusal that lists the event's fields.
    init(_ name: String, in format: EventFormat) throws(WireRefusal) {
        let pid = format.field("common_pid")?.offset ?? 4
        switch name {
        case "cpu": self = .cpu
        case "pid", "tid": self = .pid(offset: pid)
        case "cgroup": self = .cgroup(isPath: true)
        case "cgroup_id": self = .cgroup(isPath: false)
        case WireCountRequest.kernelStackKey: self = .stack(isUser: false)
        case WireCountRequest.userStackKey: self = .stack(isUser: true)
        case "comm": self = .comm(pidOffset: pid)
        default:
            if let key = PointedTextKey(name) {
                self = .pointedText(try key.field(in: format), isOfProgram: key.isOfProgram)
            } else {
                self = try Self.field(name, in: format)
            }
        }
    }

    private static func field(_ name: String, in format: EventFormat) throws(WireRefusal) -> KeyPart {
        let field = try format.existingField(name)
        switch field.kind {
        case .string: return .fixedText(offset: field.offset, size: field.size)
        case .dynamic(_, isString: true): return .text(offset: field.offset, base: 0, isFetched: format.isProbe)
        case .relativeDynamic(_, isString: true): return .text(offset: field.offset, base: field.end)
        default:
            guard let number = NumberField(field) else {
                throw WireRefusal(
                    .unknownField,
                    "field \"\(field.name)\" of \(format.fullName) is neither a number nor a text (\(field.type)): it cannot be a key"
                )
            }
            return .number(number)
        }
    }

    /// Bytes that a record must have.
    var requiredSize: Int {
        switch self {
        case .cpu, .cgroup, .stack: 0
        case .pid(let offset), .comm(let offset): offset + 4
        case .number(let field), .pointedText(let field, _): field.offset + field.size
        case .fixedText(let offset, let size): offset + size
        case .text(let offset, _, _): offset + 4
        }
    }
}
