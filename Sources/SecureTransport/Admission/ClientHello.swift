import NIOCore

/// The first message of a handshake (RFC 8446, 4.1.2), as far as the records show it.
enum ClientHello {
    /// The longest that is waited for, in bytes. Ours have less than 2 KB.
    static let longest = 16 << 10

    private static let handshakeRecord: UInt8 = 22
    private static let clientHelloType: UInt8 = 1

    /// Whether TLS can do something with what a peer has sent: a whole ClientHello, or bytes that are none.
    static func isDecided(_ bytes: ByteBuffer) -> Bool {
        var offset = bytes.readerIndex
        var received = 0
        while let type: UInt8 = bytes.getInteger(at: offset) {
            guard type == handshakeRecord else { return true }
            guard let length: UInt16 = bytes.getInteger(at: offset + 3) else { return false }
            // The first record holds the message's type and length in any client that is known.
            guard length >= 4, Int(length) <= longest + 256 else { return true }
            guard bytes.writerIndex - offset - 5 >= Int(length) else { return false }
            received += Int(length)
            guard let head: UInt32 = bytes.getInteger(at: bytes.readerIndex + 5),
                UInt8(head >> 24) == clientHelloType
            else { return true }
            let message = 4 + Int(head & 0xff_ffff)
            if received >= message || message > longest { return true }
            offset += 5 + Int(length)
        }
        return false
    }
}
