/// The files in an authority's directory:
///
///     ca.crt ca.key               the authority; ca.key stays here
///     ca.crl                      revoked certificates, once there is one
///     controller.crt .key         the controller's identity
///     operator.crt .key           the first operator's identity, with role admin
///     nodes/NAME.crt .key         an identity for each node; no key for a node that created its own
///     operators/NAME.crt .key     further operators
public struct AuthorityLayout: Sendable, Hashable {
    /// The directory, mode 0700.
    public let directory: String

    /// Stores the path. Nothing is read.
    public init(_ directory: String) { self.directory = directory }

    /// The authority's certificate.
    public var certificate: String { "\(directory)/ca.crt" }
    /// The authority's key.
    public var key: String { "\(directory)/ca.key" }
    /// The list of revoked certificates.
    public var revocationList: String { "\(directory)/ca.crl" }

    /// The files of the controller.
    public var controller: IdentityFiles { files("controller") }
    /// The files of the first operator.
    public var `operator`: IdentityFiles { files("operator") }
    /// The files of a peer whose identity was issued later.
    public func files(of identity: PeerIdentity) -> IdentityFiles {
        switch identity.role {
        case .node: files("nodes/\(identity.name)")
        case .operator: files("operators/\(identity.name)")
        case .controller: files("controllers/\(identity.name)")
        }
    }

    private func files(_ stem: String) -> IdentityFiles {
        IdentityFiles(
            certificate: "\(directory)/\(stem).crt", privateKey: "\(directory)/\(stem).key", authorities: certificate)
    }
}
