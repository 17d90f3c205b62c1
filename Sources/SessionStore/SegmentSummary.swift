import CZlib
import NIOCore
import TraceProtocol

/// What a segment holds, as far as it has been written or read: what its closing record states.
struct SegmentSummary: Equatable, Sendable {
    /// Without the closing record.
    private(set) var records: UInt64 = 0
    /// From the start of the segment, its head included.
    var bytes = LogPosition.start.offset
    /// CRC-32 over the check sums of the records, in their order and as they are on disk. Each of those covers its record,
    /// so this one covers the segment, and the bytes are summed only once.
    private(set) var crc = UInt32(crc32(0, nil, 0))
    /// The highest sequence number of the log up to here; 0 before the first.
    private(set) var sequence: UInt64

    /// An empty segment.
    ///
    /// - Parameter sequence: the highest number in the segments before it.
    init(after sequence: UInt64 = 0) {
        self.sequence = sequence
    }

    /// As a closing record states it.
    init(records: UInt64, bytes: UInt64, sequence: UInt64, crc: UInt32) {
        (self.records, self.bytes, self.sequence, self.crc) = (records, bytes, sequence, crc)
    }

    mutating func add(_ record: LogRecord, crc: UInt32, length: Int) {
        bytes += UInt64(length)
        add(crc, record.sequence ?? 0)
    }

    /// Adds whole records as they are on disk, the first `count` bytes of a buffer.
    mutating func add(_ buffer: ByteBuffer, count: Int) {
        bytes += UInt64(count)
        var start = buffer.readerIndex
        let end = start + count
        while start < end,
            let (length, crc, type) = buffer.getMultipleIntegers(at: start + 4, as: (UInt32, UInt32, UInt8).self)
        {
            let number = start + LogRecord.prefixLength + LogRecord.bodyHead + 8
            let isNumbered = FrameType(rawValue: type).isNumbered
            add(crc, isNumbered ? buffer.getInteger(at: number, as: UInt64.self) ?? 0 : 0)
            start += LogRecord.prefixLength + Int(length)
        }
    }

    private mutating func add(_ recordCRC: UInt32, _ number: UInt64) {
        records += 1
        sequence = max(sequence, number)
        crc = withUnsafeBytes(of: recordCRC.bigEndian) {
            UInt32(crc32(UInt(crc), $0.baseAddress?.assumingMemoryBound(to: UInt8.self), 4))
        }
    }
}

extension LogRecord {
    /// The sequence number of a numbered frame; nil for others, and where the body is too short.
    public var sequence: UInt64? {
        guard frame.type.isNumbered else { return nil }
        return frame.body.getInteger(at: frame.body.readerIndex + 8, as: UInt64.self)
    }
}
