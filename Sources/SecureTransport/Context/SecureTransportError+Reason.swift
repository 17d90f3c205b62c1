extension SecureTransportError {
    /// A message for the failed check, without the address.
    public var reason: String {
        let peer = side.peer
        return switch check {
        case .noCertificate: "the \(peer) showed no certificate"
        case .unknownAuthority(let words):
            "the \(peer)'s certificate was not issued by an authority known here (\(words))"
        case .expired(let clock): "the \(peer)'s certificate has expired: \(clock)"
        case .endedWhileOpen(let isOwn):
            (isOwn ? "this side's" : "the \(peer)'s")
                + " certificate has expired while it was connected; 'fleetrace ca issue' makes a new one"
        case .notYetValid(let clock):
            "the \(peer)'s certificate is not valid yet: \(clock); compare the clocks of both hosts"
        case .refusedOutsideValidity(let alert, let clock):
            "the \(peer) refused this certificate (\(alert)): \(clock); compare the clocks of both hosts"
        case .revoked: "the \(peer)'s certificate has been revoked"
        case .revocationListUnusable(let words): "the revocation list cannot be used (\(words))"
        case .wrongPurpose: "the \(peer)'s certificate is not made for a \(peer) (extended key usage)"
        case .badCertificate(let words): "the \(peer)'s certificate was refused (\(words))"
        case .badIdentity(let error): "the \(peer)'s certificate names no peer: \(error)"
        case .wrongRole(let identity, let accepted):
            "the \(peer) is \(identity), and only \(Self.list(accepted)) may connect here"
        case .wrongServerName(let presented, let expected):
            "the server is \(presented), not \(expected); give its name with --server-name"
        case .protocolVersion(let words): "the \(peer) does not speak TLS 1.3 (\(words))"
        case .applicationProtocol(let offered, let accepted):
            "the \(peer) speaks \(offered.isEmpty ? "no stated protocol" : offered.joined(separator: ", ")), "
                + "not \(accepted.joined(separator: ", ")) (ALPN)"
        case .notTLS(let words): "the \(peer) does not speak TLS (\(words))"
        case .protocolViolation(let words): "the \(peer) broke the protocol (\(words))"
        case .handshakeTimeout(let milliseconds): "no TLS handshake within \(milliseconds) ms"
        case .handshakeTooLarge(let limit): "the \(peer)'s handshake is larger than \(limit) bytes"
        case .displaced(let hadGreeted):
            hadGreeted
                ? "too many handshakes, and this one had not ended"
                : "too many connections, and the \(peer) had not begun its handshake"
        case .idleTimeout(let milliseconds): "nothing came from the \(peer) for \(milliseconds) ms"
        case .endedInHandshake: "the \(peer) ended the connection before the handshake was done"
        case .truncated: "the connection ended without notice; the last data may be missing"
        case .endedBeforeData:
            "the server ended the connection before it sent anything; it may have refused this certificate, see its log"
        case .peerAlert(let alert, let beforeData):
            if alert.isAboutCertificate {
                "the \(peer) refused this certificate: \(alert)"
            } else if beforeData {
                "the \(peer) refused the handshake: \(alert)"
            } else {
                "the \(peer) ended the connection: \(alert)"
            }
        case .tooMuchPending(let limit): "more than \(limit) bytes wait for the \(peer), which does not read them"
        case .peerNotReading: "the \(peer) asks for answers and does not read them"
        case .local(let words): "TLS failed on this side (\(words))"
        }
    }

    private static func list(_ roles: [PeerRole]) -> String {
        roles.isEmpty ? "nobody" : roles.map { "\($0)s" }.joined(separator: " and ")
    }
}
