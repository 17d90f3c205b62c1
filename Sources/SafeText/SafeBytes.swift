/// Bytes that came from a peer, a kernel or a file, before they are shown: the form for every event, which allocates
/// nothing.
public enum SafeBytes {
    /// Whether all bytes are printable ASCII. Without a branch for each, so that the compiler takes many at a time.
    @inlinable
    public static func areASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var others: UInt8 = 0
        for byte in bytes { others |= byte &- 0x20 >= 0x5f ? 1 : 0 }
        return others == 0
    }

    /// Replaces in place what is unsafe to show (``Swift/Unicode/Scalar/isUnsafeToShow``) and each byte that belongs to
    /// no well-formed UTF-8 sequence. Line feeds become blanks, because the functions of a stack stand on lines of their
    /// own and an event is one line; everything else becomes `?`.
    ///
    /// - Returns: how many bytes are left. The result is valid UTF-8; the same call on it changes nothing.
    public static func makeSafe(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        let source = UnsafeRawBufferPointer(bytes)
        var (read, written) = (0, 0)
        while read < source.count {
            let byte = source[read]
            if byte >= 0x80, let sequence = UTF8Sequence(at: read, in: source), !sequence.scalar.isUnsafeToShow {
                for offset in 0..<sequence.length { bytes[written + offset] = source[read + offset] }
                read += sequence.length
                written += sequence.length
            } else {
                let length = byte < 0x80 ? 1 : UTF8Sequence(at: read, in: source)?.length ?? 1
                bytes[written] = byte &- 0x20 < 0x5f ? byte : replacement(of: byte)
                read += length
                written += 1
            }
        }
        return written
    }

    static func replacement(of byte: UInt8) -> UInt8 { byte == 0x0a ? 0x20 : UInt8(ascii: "?") }
}
