import EventFormat
import TraceProtocol

/// What an entry and its exit have in common: numbers of the event's records, or the CPU.
struct MatchReader: Sendable, Equatable {
    let parts: [KeyPart]

    /// The values, 0 for those that are not there.
    struct Key: Hashable {
        fileprivate(set) var first: UInt64 = 0
        fileprivate(set) var second: UInt64 = 0
    }

    /// - Throws: a refusal for what is no number of the event.
    init(_ names: [String], _ format: EventFormat) throws(WireRefusal) {
        var parts: [KeyPart] = []
        for name in names {
            let part = try KeyPart(name, in: format)
            switch part {
            case .cpu, .pid, .number: parts.append(part)
            default:
                throw WireRefusal(
                    .unknownField,
                    "\(format.fullName): \"\(name)\" is no number: entry and exit cannot be matched by it")
            }
        }
        self.parts = parts
    }

    /// Bytes that a record must have.
    var requiredSize: Int { parts.map(\.requiredSize).max() ?? 0 }

    /// - Parameter record: of at least `requiredSize` bytes.
    func key(of record: UnsafeRawBufferPointer, cpu: Int) -> Key {
        var key = Key()
        for index in parts.indices {
            let bits: UInt64 =
                switch parts[index] {
                case .pid(let offset):
                    UInt64(record.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                case .number(let field): field.bits(of: record)
                default: UInt64(cpu)
                }
            if index == 0 { key.first = bits } else { key.second = bits }
        }
        return key
    }
}
