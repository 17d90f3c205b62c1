import CZlib

/// The records of a journal, as bytes. No I/O.
///
/// Each is, big-endian: the length of its content (4 bytes), a CRC-32 (RFC 1952) over length and content (4), and the
/// content. A process that is killed while it writes leaves a torn record at the end: what stands before it counts.
public enum JournalRecords {
    static let headLength = 8
    /// Bytes of one record's content at most: a longer one is damage, not a reason to allocate so much.
    public static let longest = 64 << 20

    /// A record around its content.
    public static func encode(_ content: some Collection<UInt8>) -> [UInt8] {
        let length = bytes(UInt32(content.count))
        return length + bytes(crc(length, content)) + content
    }

    /// The whole records at the beginning of some bytes.
    ///
    /// - Returns: their contents, and where the last of them ends: what follows is torn or damaged.
    public static func read(_ bytes: ArraySlice<UInt8>) -> (contents: [[UInt8]], end: Int) {
        var contents: [[UInt8]] = []
        var rest = bytes
        while let content = next(rest) {
            contents.append(Array(content))
            rest = rest[content.endIndex...]
        }
        return (contents, rest.startIndex)
    }

    private static func next(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.count >= headLength else { return nil }
        let (length, sum) = (number(bytes), number(bytes.dropFirst(4)))
        guard length <= longest, bytes.count - headLength >= Int(length) else { return nil }
        let content = bytes.dropFirst(headLength).prefix(Int(length))
        return crc(Array(bytes.prefix(4)), content) == sum ? content : nil
    }

    private static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func crc(_ parts: any Collection<UInt8>...) -> UInt32 {
        var crc = crc32(0, nil, 0)
        for part in parts {
            let bytes = Array(part)
            crc = bytes.withUnsafeBufferPointer { crc32(crc, $0.baseAddress, UInt32($0.count)) }
        }
        return UInt32(crc)
    }
}
