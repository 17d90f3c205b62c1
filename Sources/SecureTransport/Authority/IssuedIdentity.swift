/// A certificate and its key as PEM texts.
public struct IssuedIdentity: Sendable, Hashable {
    /// The identity in the certificate.
    public let identity: PeerIdentity
    /// The certificate.
    public let certificatePEM: [UInt8]
    /// Its private key, unencrypted. Keep it only in a file with mode 0600.
    public let keyPEM: [UInt8]
}
