/// A part of a record, packed into one value of the machine: offset in the low half, length in the high half.
struct RecordSpan {
    let packed: UInt64

    @inline(__always)
    init(packed: UInt64) { self.packed = packed }

    @inline(__always)
    init(offset: Int, length: Int) {
        packed = UInt64(UInt32(truncatingIfNeeded: offset)) | UInt64(UInt32(truncatingIfNeeded: length)) << 32
    }

    @inline(__always) var offset: Int { Int(UInt32(truncatingIfNeeded: packed)) }
    @inline(__always) var length: Int { Int(packed >> 32) }

    /// The bytes in a record. The machine only creates spans inside of the record, but this checks it again.
    @inline(__always)
    func bytes(in record: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let offset = offset
        let length = length
        guard let base = record.baseAddress, offset <= record.count, length <= record.count &- offset else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: base + offset, count: length)
    }

    /// The span that a `__data_loc` or `__rel_loc` word at `offset` describes, or `nil` if it is outside of the record.
    @inline(__always)
    init?(locationAt offset: Int, isRelative: Bool, in record: UnsafeRawBufferPointer) {
        // Formats come over a network, so a field's stated size may be less than the word's four bytes.
        guard let base = record.baseAddress, offset >= 0, offset &+ 4 <= record.count else { return nil }
        let word = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let start = Int(word & 0xffff) &+ (isRelative ? offset &+ 4 : 0)
        let length = Int(word >> 16)
        guard start &+ length <= record.count else { return nil }
        self.init(offset: start, length: length)
    }
}

extension UnsafeRawPointer {
    /// The integer of `kind` at `offset`, extended to 64 bits. Records are little-endian.
    @inline(__always)
    func integer(_ kind: LoadKind, at offset: Int) -> UInt64 {
        switch kind {
        case .u8: UInt64(load(fromByteOffset: offset, as: UInt8.self))
        case .s8: UInt64(bitPattern: Int64(load(fromByteOffset: offset, as: Int8.self)))
        case .u16: UInt64(UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case .s16: UInt64(bitPattern: Int64(Int16(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int16.self))))
        case .u32: UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        case .s32: UInt64(bitPattern: Int64(Int32(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self))))
        case .u64: UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }
}
