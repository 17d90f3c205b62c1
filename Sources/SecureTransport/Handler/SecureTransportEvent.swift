/// What both sides of a connection agreed on.
public struct TLSFacts: Sendable, Hashable {
    /// `TLSv1.3`.
    public let version: String
    /// `TLS_AES_256_GCM_SHA384`.
    public let cipher: String
    /// `fleetrace/1`.
    public let applicationProtocol: String
    /// What the peer's certificate says.
    public let peerCertificate: CertificateFacts
}

/// What `SecureTransportHandler` tells the handlers behind it, as a user event.
public enum SecureTransportEvent: Sendable, Hashable {
    /// The peer is who this says. On a server it may be served from now on. On a client this says only that the server
    /// is genuine: the server judges the client's certificate afterwards, and its refusal comes as an error.
    case handshakeCompleted(PeerIdentity, TLSFacts)
}
