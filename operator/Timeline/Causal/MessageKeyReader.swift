import EventFormat

/// Makes the keys of one kind of event from its records.
struct MessageKeyReader {
    let end: MessageMatcher.End
    private let source: Source

    private enum Source {
        case fields([EventField], rule: UInt64)
        case segment(TCPSegmentReader)
    }

    /// - Parameter rule: tells the keys of one rule from another's.
    /// - Throws: `ReportError` for a key that the event does not have.
    init(_ side: CausalRule.Side, _ end: MessageMatcher.End, of format: EventFormat, rule: Int) throws(ReportError) {
        var fields: [EventField] = []
        for name in side.fields {
            guard let field = format.field(name) else {
                let names = format.fields.map(\.name).joined(separator: ", ")
                throw ReportError("--causal: \(format.fullName) has no field \"\(name)\" (it has \(names))")
            }
            if case .opaque = field.kind {
                throw ReportError("--causal: what \(name) of \(format.fullName) holds is not known")
            }
            fields.append(field)
        }
        self.end = end
        source = .fields(fields, rule: UInt64(rule))
    }

    init(_ segments: TCPSegmentReader, _ end: MessageMatcher.End) {
        self.end = end
        source = .segment(segments)
    }

    /// - Returns: nil for a record that is too short, or that is no message.
    func key(of record: UnsafeRawBufferPointer) -> MessageKey? {
        switch source {
        case .segment(let reader): return reader.key(of: record)
        case .fields(let fields, let rule):
            var builder = MessageKeyBuilder()
            builder.append(rule)
            for field in fields where !Self.append(field, of: record, to: &builder) { return nil }
            return builder.key
        }
    }

    /// - Returns: false for a value that is not in the record.
    private static func append(
        _ field: EventField, of record: UnsafeRawBufferPointer, to key: inout MessageKeyBuilder
    ) -> Bool {
        switch field.kind {
        case .integer, .pointer:
            guard let number = field.number(of: record) else { return false }
            key.append(UInt64(bitPattern: number))
        case .string:
            guard field.end <= record.count else { return false }
            key.append(text(record, field.offset..<field.end))
        case .array, .opaque:
            guard field.end <= record.count else { return false }
            key.append(UnsafeRawBufferPointer(rebasing: record[field.offset..<field.end]))
        case .trailing(_, let isString):
            guard field.offset <= record.count else { return false }
            let range = field.offset..<record.count
            key.append(isString ? text(record, range) : UnsafeRawBufferPointer(rebasing: record[range]))
        case .dynamic(_, let isString), .relativeDynamic(_, let isString):
            guard field.offset + 4 <= record.count else { return false }
            let word = record.loadUnaligned(fromByteOffset: field.offset, as: UInt32.self)
            var base = 0
            if case .relativeDynamic = field.kind { base = field.offset + 4 }
            let start = base + Int(word & 0xffff)
            let end = start + Int(word >> 16)
            // A text that a probe could not read has no bytes.
            guard start < end, end <= record.count else { return false }
            key.append(isString ? text(record, start..<end) : UnsafeRawBufferPointer(rebasing: record[start..<end]))
        }
        return true
    }

    /// Up to the first NUL.
    private static func text(_ record: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        let end = record[range].firstIndex(of: 0) ?? range.upperBound
        return UnsafeRawBufferPointer(rebasing: record[range.lowerBound..<end])
    }
}

extension EventField {
    /// An integer's value; nil where the record is too short. Numbers that are equal are equal in every width.
    fileprivate func number(of record: UnsafeRawBufferPointer) -> Int64? {
        guard end <= record.count else { return nil }
        switch (size, isSigned) {
        case (1, true): return Int64(record.loadUnaligned(fromByteOffset: offset, as: Int8.self))
        case (1, false): return Int64(record.loadUnaligned(fromByteOffset: offset, as: UInt8.self))
        case (2, true): return Int64(record.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case (2, false): return Int64(record.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case (4, true): return Int64(record.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case (4, false): return Int64(record.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case (8, _): return record.loadUnaligned(fromByteOffset: offset, as: Int64.self)
        default: return nil
        }
    }
}
