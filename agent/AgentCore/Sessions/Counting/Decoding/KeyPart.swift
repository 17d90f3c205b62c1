import EventFormat
import TraceProtocol

/// Where one part of a key comes from.
enum KeyPart: Sendable, Equatable {
    case cpu
    /// Of the task in whose context the event happened.
    case pid(offset: Int)
    /// The name of that task.
    case comm(pidOffset: Int)
    case number(NumberField)
    /// A char array of fixed size.
    case fixedText(offset: Int, size: Int)
    /// A location word at `offset`; `base` is what its offset counts from.
    case text(offset: Int, base: Int)

    /// `cpu`, `pid` and `comm`, which every event has, else a field. A leading dot names a field in any case: `.pid`.
    ///
    /// - Throws: what it is not, with the event's fields.
    init(_ name: String, in format: EventFormat) throws(WireRefusal) {
        let pid = format.field("common_pid")?.offset ?? 4
        switch name {
        case "cpu": self = .cpu
        case "pid": self = .pid(offset: pid)
        case "comm": self = .comm(pidOffset: pid)
        default: self = try Self.field(name.hasPrefix(".") ? String(name.dropFirst()) : name, in: format)
        }
    }

    private static func field(_ name: String, in format: EventFormat) throws(WireRefusal) -> KeyPart {
        let field = try format.existingField(name)
        switch field.kind {
        case .string: return .fixedText(offset: field.offset, size: field.size)
        case .dynamic(_, isString: true): return .text(offset: field.offset, base: 0)
        case .relativeDynamic(_, isString: true): return .text(offset: field.offset, base: field.end)
        default:
            guard let number = NumberField(field) else {
                throw WireRefusal(
                    .unknownField,
                    "field \"\(name)\" of \(format.fullName) is neither a number nor a text (\(field.type)): it cannot be a key"
                )
            }
            return .number(number)
        }
    }

    /// Bytes that a record must have.
    var requiredSize: Int {
        switch self {
        case .cpu: 0
        case .pid(let offset), .comm(let offset): offset + 4
        case .number(let field): field.offset + field.size
        case .fixedText(let offset, let size): offset + size
        case .text(let offset, _): offset + 4
        }
    }
}

/// A field that holds an integer or an address.
struct NumberField: Sendable, Equatable {
    let offset: Int
    let size: Int
    let isSigned: Bool

    /// Nil for any other field.
    init?(_ field: EventField) {
        guard field.kind == .integer || field.kind == .pointer, [1, 2, 4, 8].contains(field.size) else { return nil }
        (offset, size, isSigned) = (field.offset, field.size, field.isSigned && field.kind == .integer)
    }

    /// The field of that name.
    init(_ name: String, in format: EventFormat) throws(WireRefusal) {
        let field = try format.existingField(name)
        guard let number = NumberField(field) else {
            throw WireRefusal(
                .unknownField,
                "field \"\(name)\" of \(format.fullName) is no number (\(field.type)): it has no histogram")
        }
        self = number
    }

    /// Its bits, extended to 64.
    ///
    /// - Parameter record: long enough for it.
    func bits(of record: UnsafeRawBufferPointer) -> UInt64 {
        switch (size, isSigned) {
        case (1, false): UInt64(record[offset])
        case (1, true): Self.extended(record.loadUnaligned(fromByteOffset: offset, as: Int8.self))
        case (2, false): UInt64(record.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case (2, true): Self.extended(record.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case (4, false): UInt64(record.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case (4, true): Self.extended(record.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        default: record.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
    }

    private static func extended(_ value: some SignedInteger & FixedWidthInteger) -> UInt64 {
        UInt64(bitPattern: Int64(value))
    }

    /// The power of two that its value lies in.
    func bucket(of record: UnsafeRawBufferPointer) -> Int64 {
        isSigned ? Bucket.of(Int64(bitPattern: bits(of: record))) : Bucket.of(bits(of: record))
    }
}

extension EventFormat {
    /// - Throws: a refusal that lists the event's fields.
    fileprivate func existingField(_ name: String) throws(WireRefusal) -> EventField {
        if let field = field(name) { return field }
        let names = (fields + commonFields).map(\.name)
        throw WireRefusal(
            .unknownField,
            "\(fullName) has no field \"\(name)\"; it has \(names.joined(separator: ", ")), and every event has cpu, pid and comm",
            nearMatches: names)
    }
}
