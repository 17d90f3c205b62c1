/// The result of a handshake.
public struct TLSFacts: Sendable, Hashable {
    /// `TLSv1.3`.
    public let version: String
    /// `TLS_AES_256_GCM_SHA384`.
    public let cipher: String
    /// `fleetrace/1`.
    public let applicationProtocol: String
    /// The contents of the peer's certificate.
    public let peerCertificate: CertificateFacts
}

/// A user event that `SecureTransportHandler` fires for the next handlers.
public enum SecureTransportEvent: Sendable, Hashable {
    /// The peer is authenticated. A server may serve it from now on. On a client it means that the server is
    /// authenticated:
    /// the server verifies the client's certificate afterwards, and a refusal arrives as an error.
    case handshakeCompleted(PeerIdentity, TLSFacts)
    /// A certificate of this open connection has ended. There is a moment for a last message, then the connection fails
    /// with this error.
    case certificateEnded(SecureTransportError)
}
