/// A TLS alert (RFC 8446, 6), which one side sends to the other before it closes the connection.
public struct TLSAlert: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt8

    /// Any number, even an unknown one.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whether it concerns the receiver's certificate.
    public var isAboutCertificate: Bool {
        switch rawValue {
        case 42...49, 51, 116: true
        default: false
        }
    }

    /// The meaning, for people.
    public var description: String {
        switch rawValue {
        case 0: "close notify"
        case 10: "unexpected message"
        case 20: "bad record"
        case 22: "record too long"
        case 40: "handshake failure"
        case 42: "bad certificate"
        case 43: "unsupported certificate (its role or purpose is not accepted here)"
        case 44: "certificate revoked"
        case 45: "certificate expired or not yet valid (compare the clocks)"
        case 46: "certificate unacceptable"
        case 47: "illegal parameter"
        case 48: "unknown CA"
        case 49: "access denied"
        case 50: "decode error"
        case 51: "signature not verified"
        case 70: "protocol version (TLS 1.3 is needed)"
        case 71: "insufficient security"
        case 80: "internal error"
        case 109: "missing extension"
        case 116: "a certificate is required"
        case 120: "no common application protocol"
        default: "alert \(rawValue)"
        }
    }
}
