/// A field's value in a record of its event.
extension EventField {
    /// The bits of an integer or address of 1, 2, 4 or 8 bytes, extended to 64; nil for another size, and where the record
    /// is too short.
    public func integer(in record: UnsafeRawBufferPointer) -> UInt64? {
        guard end <= record.count, let base = record.baseAddress,
            let kind = LoadKind(CType(width: size, isSigned: isSigned))
        else { return nil }
        return base.integer(kind, at: offset)
    }

    /// What the field's location word points at (`__data_loc`, `__rel_loc`); nil where that is outside of the record.
    public func located(in record: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var isRelative = false
        if case .relativeDynamic = kind { isRelative = true }
        return RecordSpan(locationAt: offset, isRelative: isRelative, in: record)?.bytes(in: record)
    }
}
