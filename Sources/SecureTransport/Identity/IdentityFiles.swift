/// Where a peer's identity is kept: PEM files, as `fleetrace ca` writes them.
public struct IdentityFiles: Sendable, Hashable {
    /// The certificate, followed by any intermediate ones.
    public var certificate: String
    /// Its private key, unencrypted, readable by its owner only.
    public var privateKey: String
    /// The certificates of the authorities whose peers are accepted.
    public var authorities: String
    /// Revocation lists of these authorities. When given, every peer is checked, and a list that has expired refuses
    /// everybody: a check that cannot be made has not been passed.
    public var revocationList: String?

    /// Names the files; nothing is read yet.
    public init(certificate: String, privateKey: String, authorities: String, revocationList: String? = nil) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.authorities = authorities
        self.revocationList = revocationList
    }
}

/// A file of an identity that cannot be used: which, why, and what to do.
public struct IdentityFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's path.
    public let path: String
    /// What is wrong with it.
    public let problem: String
    /// What to do about it; empty where that is plain.
    public let remedy: String

    init(_ path: String, _ problem: String, remedy: String = "") {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    /// `/etc/fleetrace/agent.key: is open to others than its owner (mode 644); chmod 600 ...`.
    public var description: String { remedy.isEmpty ? "\(path): \(problem)" : "\(path): \(problem); \(remedy)" }
}
