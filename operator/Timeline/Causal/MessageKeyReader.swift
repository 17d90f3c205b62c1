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
            // Numbers that are equal are equal in every width.
            guard let bits = field.integer(in: record) else { return false }
            key.append(bits)
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
            // A text that a probe could not read has no bytes.
            guard let bytes = field.located(in: record), !bytes.isEmpty else { return false }
            key.append(isString ? text(bytes, 0..<bytes.count) : bytes)
        }
        return true
    }

    /// Up to the first NUL.
    private static func text(_ record: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        let end = record[range].firstIndex(of: 0) ?? range.upperBound
        return UnsafeRawBufferPointer(rebasing: record[range.lowerBound..<end])
    }
}
