/// A certificate and its key as PEM texts.
public struct IssuedIdentity: Sendable, Hashable {
    /// Who it is for.
    public let identity: PeerIdentity
    /// The certificate.
    public let certificatePEM: [UInt8]
    /// Its private key, unencrypted: to be kept in a file of mode 0600, or nowhere.
    public let keyPEM: [UInt8]
}
