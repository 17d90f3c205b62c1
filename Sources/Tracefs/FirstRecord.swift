/// Reads the time of a sub-buffer's first record, without the rest of the format.
enum FirstRecord {
    /// Record types of the header's low five bits (include/linux/ring_buffer.h).
    private static let padding: UInt32 = 29
    private static let timeExtend: UInt32 = 30
    private static let timeStamp: UInt32 = 31

    /// ns on the trace clock, or nil if there is no record. Only for little-endian kernels.
    ///
    /// A sub-buffer starts with its time stamp (8 bytes) and the committed length (a `long` whose upper bits are
    /// flags). A record starts with 5 bits of type and 27 bits of time since the previous record.
    static func time(page: Slice<UnsafeRawBufferPointer>, longSize: Int) -> UInt64? {
        let bytes = UnsafeRawBufferPointer(rebasing: page)
        let start = 8 + longSize
        guard longSize == 4 || longSize == 8, bytes.count >= start else { return nil }
        let base = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        var time = base
        // RB_MISSED_EVENTS and RB_MISSED_STORED are bits 31 and 30.
        let committed = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) & 0x3fff_ffff)
        guard committed <= bytes.count - start else { return nil }
        var offset = start
        let end = start + committed
        while offset + 8 <= end {
            let header = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let more = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)))
            let delta = UInt64(header >> 5)
            switch header & 31 {
            case padding: return nil
            case timeExtend: time &+= delta + (more << 27)
            // 59 bits. The upper five come from the previous time (rb_fix_abs_ts).
            case timeStamp: time = (delta + (more << 27)) | (base & 0xf800_0000_0000_0000)
            default: return time &+ delta
            }
            offset += 8
        }
        return nil
    }
}
