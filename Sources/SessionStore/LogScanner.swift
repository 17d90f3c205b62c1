import NIOCore

/// Reads records from consecutive pieces of one log segment, and continues behind damage.
///
/// A value without I/O: `feed` it bytes, call `next` until it asks for more, and `end` when no more come.
public struct LogScanner: Sendable {
    private var buffer = ByteBuffer()
    /// Offset in the segment of the next byte to be read.
    public private(set) var offset: UInt64
    /// Check sum and bytes on disk of the record that `next` returned last.
    private(set) var last: (crc: UInt32, length: Int) = (0, 0)
    private var damageStart: UInt64?
    private var damageReason = ""
    /// Bytes of what looked like records and had a wrong check sum.
    private(set) var vainlySummed = 0

    /// Each byte of a damaged stretch could begin a record that claims to be long. Behind this many bytes that were summed
    /// in vain, such a stretch is skipped as a whole. So a log that was made to be slow takes time linear in its length.
    static let mostVainlySummed = 64 << 20

    public init(offset: UInt64 = 0) {
        self.offset = offset
    }

    public enum Item: Equatable, Sendable {
        case record(LogRecord)
        /// These bytes could not be read; what follows is whole again.
        case damage(offset: UInt64, length: UInt64, reason: String)
        /// At least this many further bytes are needed, or the segment ends here.
        case needsMore(Int)
    }

    public mutating func feed(_ bytes: ByteBuffer) {
        // The records that were read share this memory and may be kept for long. Writing to it would then copy all of it,
        // and a small batch would hold half a megabyte.
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            return
        }
        buffer.discardReadBytes()
        buffer.writeImmutableBuffer(bytes)
    }

    public mutating func next() -> Item {
        while true {
            switch LogRecord.parse(buffer) {
            case .record(let record, let crc, let length):
                if let damage = endDamage() { return damage }
                last = (crc, length)
                buffer.moveReaderIndex(forwardBy: length)
                offset += UInt64(length)
                return .record(record)
            case .needs(let total):
                return .needsMore(total - buffer.readableBytes)
            case .damaged(let reason, let summed):
                beginDamage(reason)
                vainlySummed += summed
                if summed > 0, vainlySummed > Self.mostVainlySummed { skip(summed) } else { skipToNextMagic() }
            }
        }
    }

    /// The segment has ended: what is left is an incomplete record, or nothing.
    public mutating func end() -> Item? {
        if buffer.readableBytes > 0 {
            beginDamage("the last record is cut off")
            // What looks like a record that is cut off may have a damaged length: whole records may follow it.
            skipToNextMagic()
            if buffer.readableBytes > 0 { return nil }
        }
        return endDamage()
    }

    private mutating func beginDamage(_ reason: String) {
        guard damageStart == nil else { return }
        damageStart = offset
        damageReason = reason
    }

    private mutating func endDamage() -> Item? {
        guard let start = damageStart, offset > start else { return nil }
        damageStart = nil
        return .damage(offset: start, length: offset - start, reason: damageReason)
    }

    /// Moves past at least one byte, to the next position where the magic is (or might begin).
    private mutating func skipToNextMagic() {
        let skip = buffer.withUnsafeReadableBytes { bytes -> Int in
            var index = 1
            while index + 4 <= bytes.count {
                if UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)) == LogRecord.magic {
                    return index
                }
                index += 1
            }
            return min(bytes.count, max(1, bytes.count - 3))
        }
        self.skip(skip)
    }

    private mutating func skip(_ count: Int) {
        buffer.moveReaderIndex(forwardBy: count)
        offset += UInt64(count)
    }
}
