import CZlib
import NIOCore
import TraceProtocol

/// One record of a node's session log: a frame as it came, when it came, and a check sum.
///
/// On disk, big-endian: magic (4 bytes), length of the body (4), CRC-32 over length and body (4), then the
/// body: frame type (1), arrival (8), the frame's body. The magic lets a reader find the next record behind
/// damage.
public struct LogRecord: Equatable, Sendable {
    public var frame: Frame
    /// ns of the controller's CLOCK_MONOTONIC_RAW.
    public var received: Int64

    public init(_ frame: Frame, received: Int64) {
        self.frame = frame
        self.received = received
    }

    static let magic: UInt32 = 0xF17E_5EC0
    static let prefixLength = 12
    static let bodyHead = 9
    /// No frame is larger, so no record is.
    static let maximumBody = bodyHead + (34 << 20)
    /// Bytes on disk.
    static let longest = prefixLength + maximumBody

    /// Bytes on disk.
    public var lengthOnDisk: Int { LogRecord.prefixLength + LogRecord.bodyHead + frame.body.readableBytes }

    /// Appends the record in its form on disk.
    public func write(into out: inout ByteBuffer) {
        let start = out.writerIndex
        out.reserveCapacity(minimumWritableBytes: lengthOnDisk)
        out.writeInteger(LogRecord.magic)
        out.writeInteger(UInt32(LogRecord.bodyHead + frame.body.readableBytes))
        out.writeInteger(UInt32(0))
        out.writeInteger(frame.type.rawValue)
        out.writeInteger(received)
        out.writeImmutableBuffer(frame.body)
        let crc = LogRecord.crc(of: out, from: start, to: out.writerIndex)
        out.setInteger(crc, at: start + 8)
    }

    /// CRC-32 (RFC 1952) over the length field and the body of the record that starts at `start`.
    static func crc(of buffer: ByteBuffer, from start: Int, to end: Int) -> UInt32 {
        buffer.withUnsafeReadableBytes { bytes in
            let base = start - buffer.readerIndex
            let length = UnsafeRawBufferPointer(rebasing: bytes[(base + 4)..<(base + 8)])
            let body = UnsafeRawBufferPointer(rebasing: bytes[(base + 12)..<(end - buffer.readerIndex)])
            var crc = crc32(0, nil, 0)
            for part in [length, body] {
                crc = crc32(crc, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
            }
            return UInt32(crc)
        }
    }
}

extension LogRecord {
    /// What is at the reader index of a buffer that holds a piece of a log.
    enum Parsed: Equatable {
        case record(LogRecord, crc: UInt32, length: Int)
        /// More bytes are needed; at least this many in all.
        case needs(Int)
        /// No record begins here, or it is damaged.
        ///
        /// - Parameter summed: how many bytes the check sum was computed over to find that.
        case damaged(String, summed: Int)
    }

    static func parse(_ buffer: ByteBuffer) -> Parsed {
        guard let (magic, length, crc) = buffer.peekMultipleIntegers(as: (UInt32, UInt32, UInt32).self) else {
            return .needs(prefixLength)
        }
        guard magic == LogRecord.magic else { return .damaged("no record begins here", summed: 0) }
        guard length >= bodyHead, length <= maximumBody else {
            return .damaged("a length of \(length) bytes", summed: 0)
        }
        let total = prefixLength + Int(length)
        guard buffer.readableBytes >= total else { return .needs(total) }
        let start = buffer.readerIndex
        guard LogRecord.crc(of: buffer, from: start, to: start + total) == crc else {
            return .damaged("its check sum does not match", summed: total)
        }
        guard let type = buffer.getInteger(at: start + 12, as: UInt8.self),
            let received = buffer.getInteger(at: start + 13, as: Int64.self),
            let body = buffer.getSlice(at: start + prefixLength + bodyHead, length: Int(length) - bodyHead)
        else { return .damaged("shorter than its head", summed: 0) }
        return .record(LogRecord(Frame(FrameType(rawValue: type), body), received: received), crc: crc, length: total)
    }
}
