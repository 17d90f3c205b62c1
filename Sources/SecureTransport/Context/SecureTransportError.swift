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
    /// The side that reports the error.
    public let side: Side
    /// The peer's address, `10.0.0.3:41234`. Nil if the channel has none.
    public let peerAddress: String?

    /// The check that failed.
    public enum Check: Sendable, Hashable {
        /// The client sent no certificate.
        case noCertificate
        /// None of our authorities issued the certificate, with OpenSSL's message.
        case unknownAuthority(String)
        /// The certificate has expired.
        case expired(CertificateClock)
        /// This side's certificate or the peer's has ended while the connection was open.
        case endedWhileOpen(isOwn: Bool)
        /// The certificate is not valid yet, usually because a clock is wrong.
        case notYetValid(CertificateClock)
        /// The certificate is on the revocation list.
        case revoked
        /// The revocation list is missing, expired or not signed by the authority, with OpenSSL's message.
        case revocationListUnusable(String)
        /// A client certificate used by a server or the other way round.
        case wrongPurpose
        /// Any other error of X.509 validation, with OpenSSL's message.
        case badCertificate(String)
        /// The certificate has no valid identity.
        case badIdentity(IdentityError)
        /// The peer is authenticated, but its role may not connect here.
        case wrongRole(PeerIdentity, accepted: [PeerRole])
        /// The server is an authenticated controller, but not the expected one.
        case wrongServerName(presented: PeerIdentity, expected: PeerIdentity)
        /// The peer does not speak TLS 1.3.
        case protocolVersion(String)
        /// No common application protocol (ALPN), with what the peer offered.
        case applicationProtocol(offered: [String], accepted: [String])
        /// The bytes are not TLS at all.
        case notTLS(String)
        /// The peer violated the protocol, with OpenSSL's message.
        case protocolViolation(String)
        /// The handshake took longer than allowed, in milliseconds.
        case handshakeTimeout(milliseconds: Int64)
        /// The handshake needed more bytes than allowed.
        case handshakeTooLarge(limit: Int)
        /// The place of its handshake was needed by another peer, before it had sent a whole ClientHello or after that.
        case displaced(hadGreeted: Bool)
        /// Nothing was received for longer than allowed, in milliseconds.
        case idleTimeout(milliseconds: Int64)
        /// The connection ended before the handshake was done.
        case endedInHandshake
        /// The stream ended without close_notify, so the last data may be missing.
        case truncated
        /// The same at a client that has received no data from the server. Probably the server refused the client's
        /// certificate, and a reset destroyed its alert.
        case endedBeforeData
        /// The peer ended the connection with an alert. With `beforeData` it had sent no data, so the alert concerns
        /// the handshake.
        case peerAlert(TLSAlert, beforeData: Bool)
        /// The peer refused this side's certificate, which by this side's clock is not valid now.
        case refusedOutsideValidity(TLSAlert, CertificateClock)
        /// More bytes are waiting for the peer than allowed.
        case tooMuchPending(limit: Int)
        /// The peer sends requests but does not read the replies.
        case peerNotReading
        /// A failure on this side, with OpenSSL's message.
        case local(String)
    }

    /// `10.0.0.3:41234: the client's certificate was not issued by an authority known here: ...`.
    public var description: String {
        guard let peerAddress else { return reason }
        return "\(peerAddress): \(reason)"
    }
}
