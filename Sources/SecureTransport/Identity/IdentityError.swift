/// Why a certificate has no Fleetrace identity. Quoted text is printable ASCII of at most 80 characters, whatever the
/// certificate contains.
public enum IdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No URI among the subject alternative names.
    case noURI
    /// More than one URI, which would make the identity ambiguous.
    case manyURIs(Int)
    /// More than one subject alternative name extension, or one that cannot be decoded.
    case malformedExtension
    /// A NUL byte, with which different readers could see different names.
    case nul(String)
    /// A URI with another scheme.
    case otherScheme(String)
    /// A name that is not `[A-Za-z0-9][A-Za-z0-9._-]{0,62}`.
    case badName(String)
    /// Anything else, with the reason.
    case malformed(String, String)

    /// The message follows "the certificate names no peer: ".
    public var description: String {
        switch self {
        case .noURI: "it has no URI among its subject alternative names"
        case .manyURIs(let count): "it has \(count) URIs among its subject alternative names where exactly one may be"
        case .malformedExtension: "its subject alternative names are malformed or given twice"
        case .nul(let text): "its URI \"\(text)\" has a NUL byte"
        case .otherScheme(let text): "its URI \"\(text)\" is not a fleetrace:// one"
        case .badName(let text):
            "the name \"\(text)\" is not one to \(PeerIdentity.longestName) of A-Z a-z 0-9 . _ -, "
                + "starting with a letter or a digit"
        case .malformed(let text, let reason): "its URI \"\(text)\" is malformed: \(reason)"
        }
    }

    /// The bytes as printable ASCII, others as `\xNN`, truncated to 80 characters. Safe for a terminal and a log.
    static func quoted(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            if text.utf8.count >= 76 { return text + "..." }
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "\"") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }
}
