/// Why a connection was refused or ended, which check failed, and with whom.
public struct SecureTransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which side of the handshake reports this.
    public enum Side: Sendable, Hashable {
        /// The dialling side.
        case client
        /// The listening side.
        case server

        var peer: String { self == .client ? "server" : "client" }
    }

    /// What failed.
    public let check: Check
    /// The side that noticed.
    public let side: Side
    /// The peer's address, `10.0.0.3:41234`; nil where the channel has none.
    public let peerAddress: String?

    /// The check that failed.
    public enum Check: Sendable, Hashable {
        /// The client sent no certificate.
        case noCertificate
        /// The certificate was issued by none of our authorities, with OpenSSL's words.
        case unknownAuthority(String)
        /// The certificate's time is over.
        case expired
        /// The certificate's time has not begun: most often a clock that is wrong.
        case notYetValid
        /// The certificate is on the revocation list.
        case revoked
        /// The revocation list is missing, expired or not signed by the authority, with OpenSSL's words.
        case revocationListUnusable(String)
        /// A client certificate used by a server or the other way round.
        case wrongPurpose
        /// Any other refusal by X.509 validation, with OpenSSL's words.
        case badCertificate(String)
        /// The certificate names no peer.
        case badIdentity(IdentityError)
        /// The peer is genuine, but its role may not connect here.
        case wrongRole(PeerIdentity, accepted: [PeerRole])
        /// The server is a genuine controller, but another one.
        case wrongServerName(presented: PeerIdentity, expected: PeerIdentity)
        /// The peer does not speak TLS 1.3.
        case protocolVersion(String)
        /// No common application protocol (ALPN), with what the peer offered.
        case applicationProtocol(offered: [String], accepted: [String])
        /// The bytes are not TLS at all.
        case notTLS(String)
        /// The peer broke the protocol, with OpenSSL's words.
        case protocolViolation(String)
        /// The handshake took longer than allowed, in milliseconds.
        case handshakeTimeout(milliseconds: Int64)
        /// The handshake needed more bytes than allowed.
        case handshakeTooLarge(limit: Int)
        /// Nothing came for longer than allowed, in milliseconds.
        case idleTimeout(milliseconds: Int64)
        /// The connection ended before the handshake was done.
        case endedInHandshake
        /// The stream ended without close_notify: what was sent last may be missing.
        case truncated
        /// The same at a client that has not had a byte of data from the server: most likely the server refused the
        /// client's certificate, and a reset destroyed the alert that said so.
        case endedBeforeData
        /// The peer ended the connection with an alert; `beforeData` when it had sent no data yet, so that the alert is
        /// its answer to the handshake.
        case peerAlert(TLSAlert, beforeData: Bool)
        /// More was written than may wait for the peer, in bytes.
        case tooMuchPending(limit: Int)
        /// The peer makes this side answer and does not read the answers.
        case peerNotReading
        /// A failure on this side, with OpenSSL's words.
        case local(String)
    }

    /// `10.0.0.3:41234: the client's certificate was not issued by an authority known here: ...`.
    public var description: String {
        guard let peerAddress else { return reason }
        return "\(peerAddress): \(reason)"
    }
}
