import EventFormat
import TraceProtocol

/// Makes keys from the records of one event.
struct RecordKeyReader: Sendable, Equatable {
    private let parts: [KeyPart]
    /// Its power of two is the last part.
    private let histogram: NumberField?
    /// Records that are shorter are damaged.
    let requiredSize: Int

    /// - Throws: a refusal for a key that is no field, with the event's fields.
    init(_ request: WireCountRequest, _ format: EventFormat) throws(WireRefusal) {
        var parts: [KeyPart] = []
        for key in request.keys { parts.append(try KeyPart(key, in: format)) }
        self.parts = parts
        histogram = request.histogram.isEmpty ? nil : try NumberField(request.histogram, in: format)
        requiredSize = max(
            parts.map(\.requiredSize).max() ?? 0, histogram.map { $0.offset + $0.size } ?? 0)
    }

    var needsNames: Bool { parts.contains { if case .comm = $0 { true } else { false } } }
    /// The single parts, for the kernel's own tables.
    var keyParts: [KeyPart] { parts }
    var histogramField: NumberField? { histogram }

    /// - Parameters:
    ///   - record: of at least `requiredSize` bytes.
    ///   - key: is emptied first.
    func read(_ record: UnsafeRawBufferPointer, cpu: Int, names: CurrentTaskNames, into key: inout CountKey) {
        key.clear()
        for part in parts {
            switch part {
            case .cpu: key.append(Int64(cpu))
            case .pid(let offset): key.append(Int64(record.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            // Records do not have them: such a request is refused before.
            case .cgroup, .stack, .pointedText: key.append(0)
            case .comm(let offset):
                names.withName(of: record.loadUnaligned(fromByteOffset: offset, as: Int32.self)) {
                    key.append(text: $0)
                }
            case .number(let field):
                let bits = field.bits(of: record)
                if field.isSigned { key.append(Int64(bitPattern: bits)) } else { key.append(unsigned: bits) }
            case .fixedText(let offset, let size):
                key.append(text: UnsafeRawBufferPointer(rebasing: record[offset..<offset &+ size]))
            case .text(let offset, let base, let isFetched):
                let text = Self.text(record, offset, base)
                if isFetched, text.isEmpty {
                    UnreadableText.withBytes { key.append(text: $0) }
                } else {
                    key.append(text: text)
                }
            }
        }
        if let histogram { key.append(histogram.bucket(of: record)) }
    }

    /// The text that a location word points at; empty if that is not in the record.
    private static func text(_ record: UnsafeRawBufferPointer, _ offset: Int, _ base: Int) -> UnsafeRawBufferPointer {
        let word = record.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let start = base &+ Int(word & 0xffff)
        let end = start &+ Int(word >> 16)
        guard end <= record.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: record[start..<end])
    }
}
