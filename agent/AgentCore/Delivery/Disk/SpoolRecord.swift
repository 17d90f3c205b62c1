import CZlib
import NIOCore
import TraceProtocol

/// A numbered frame as it stands in a segment of a spool. No I/O.
///
/// Big-endian: magic `F1 7E 5B 01` (4 bytes), length of what follows the check sum (4), CRC-32 (RFC 1952) over length,
/// type and body (4), frame type (1), the frame's body, which begins with session and sequence number.
enum SpoolRecord {
    static let headLength = 13
    private static let magic: UInt32 = 0xF17E_5B01
    /// No frame is longer.
    static let longest = headLength + (34 << 20)

    /// What stands before a frame's body.
    static func writeHead(of frame: Frame, into head: UnsafeMutableRawBufferPointer) {
        let length = UInt32(frame.body.readableBytes + 1)
        head.storeBytes(of: magic.bigEndian, toByteOffset: 0, as: UInt32.self)
        head.storeBytes(of: length.bigEndian, toByteOffset: 4, as: UInt32.self)
        head.storeBytes(of: frame.type.rawValue, toByteOffset: 12, as: UInt8.self)
        let sum = frame.body.withUnsafeReadableBytes { checkSum(UnsafeRawBufferPointer(head), $0) }
        head.storeBytes(of: sum.bigEndian, toByteOffset: 8, as: UInt32.self)
    }

    private static func checkSum(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> UInt32 {
        var sum = crc32(0, nil, 0)
        for part in [head[4..<8], head[12..<13]] {
            let part = UnsafeRawBufferPointer(rebasing: part)
            sum = crc32(sum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
        }
        return UInt32(crc32(sum, body.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(body.count)))
    }

    /// Why bytes are no record.
    enum Flaw: Error, Equatable, CustomStringConvertible {
        /// The process was killed, or the disk was full, while it was written.
        case tornOff
        case noRecord
        case checkSum

        var description: String {
            switch self {
            case .tornOff: "it is cut off"
            case .noRecord: "no record begins there"
            case .checkSum: "its check sum does not match"
            }
        }
    }

    /// How long the record is that begins with these bytes; nil where none begins.
    static func length(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= headLength else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
        let length = Int(number(bytes[4..<8])) + headLength - 1
        return number(bytes[0..<4]) == magic && (headLength...longest).contains(length) ? length : nil
    }

    /// The record at the beginning of some bytes, and how long it is.
    static func read(_ bytes: UnsafeRawBufferPointer) throws(Flaw) -> (frame: Frame, length: Int) {
        guard bytes.count >= headLength else { throw .tornOff }
        func number(_ offset: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let length = Int(number(4)) + headLength - 1
        guard number(0) == magic, (headLength...longest).contains(length) else { throw .noRecord }
        guard bytes.count >= length else { throw .tornOff }
        let body = UnsafeRawBufferPointer(rebasing: bytes[headLength..<length])
        guard checkSum(bytes, body) == number(8) else { throw .checkSum }
        return (Frame(FrameType(rawValue: bytes[12]), ByteBuffer(bytes: body)), length)
    }
}
