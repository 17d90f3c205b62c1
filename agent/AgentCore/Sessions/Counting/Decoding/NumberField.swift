import EventFormat
import TraceProtocol

/// A field that holds an integer or an address.
struct NumberField: Sendable, Equatable {
    let offset: Int
    let size: Int
    let isSigned: Bool

    init(offset: Int, size: Int, isSigned: Bool) {
        (self.offset, self.size, self.isSigned) = (offset, size, isSigned)
    }

    /// Nil for any other field.
    init?(_ field: EventField) {
        guard field.kind == .integer || field.kind == .pointer, [1, 2, 4, 8].contains(field.size) else { return nil }
        (offset, size, isSigned) = (field.offset, field.size, field.isSigned && field.kind == .integer)
    }

    /// The field of that name, with or without a dot in front.
    ///
    /// - Parameter use: what only numbers have.
    init(_ name: String, in format: EventFormat, for use: String = "histogram") throws(WireRefusal) {
        let field = try format.existingField(name)
        guard let number = NumberField(field) else {
            throw WireRefusal(
                .unknownField,
                "field \"\(name)\" of \(format.fullName) is no number (\(field.type)): it has no \(use)")
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
        isSigned ? PowerOfTwoBucket.of(Int64(bitPattern: bits(of: record))) : PowerOfTwoBucket.of(bits(of: record))
    }
}
