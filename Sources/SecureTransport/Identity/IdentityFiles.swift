/// The PEM files of a peer's identity, as `fleetrace ca` writes them.
public struct IdentityFiles: Sendable, Hashable {
    /// The certificate, followed by intermediate certificates.
    public var certificate: String
    /// Its private key, unencrypted and readable only by its owner.
    public var privateKey: String
    /// The certificates of the authorities whose peers are accepted.
    public var authorities: String
    /// Revocation lists of these authorities. If they are given, every peer is checked. If a list has expired, every
    /// peer is refused, because it cannot be checked.
    public var revocationList: String?

    /// Stores the paths. Nothing is read.
    public init(certificate: String, privateKey: String, authorities: String, revocationList: String? = nil) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.authorities = authorities
        self.revocationList = revocationList
    }
}

/// A file of an identity that cannot be used, with the problem and the remedy.
public struct IdentityFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's path.
    public let path: String
    /// The problem.
    public let problem: String
    /// The remedy. Empty if it is obvious.
    public let remedy: String

    init(_ path: String, _ problem: String, remedy: String = "") {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    /// `/etc/fleetrace/agent.key: is open to others than its owner (mode 644); chmod 600 ...`.
    public var description: String { remedy.isEmpty ? "\(path): \(problem)" : "\(path): \(problem); \(remedy)" }
}
