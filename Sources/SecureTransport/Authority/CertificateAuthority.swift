import COpenSSL

/// Fleetrace's own certificate authority: a key, a self-signed certificate, and a directory (`AuthorityLayout`).
///
/// Only one process at a time may use it. Times are in seconds since 1970 (UTC), and the caller supplies them.
public struct CertificateAuthority: Sendable {
    /// The authority's directory.
    public let layout: AuthorityLayout
    /// The contents of its certificate.
    public let facts: CertificateFacts

    let certificate: OpenSSLObject
    let key: OpenSSLObject

    /// Creates a new authority with a controller and an operator that has the role admin.
    ///
    /// - Parameters:
    ///   - directory: created with mode 0700 if it does not exist.
    ///   - controller: the controller's name, which clients expect.
    ///   - operator: the name of the first operator.
    /// - Throws: `AuthorityError.exists` if any of the files exists. Nothing is changed then.
    public static func create(
        in directory: String, controller: PeerIdentity, operator: PeerIdentity, now: Int64
    ) throws(AuthorityError) -> CertificateAuthority {
        let layout = AuthorityLayout(directory)
        let files = [layout.controller, layout.operator]
        for path in [layout.key, layout.certificate] + files.flatMap({ [$0.privateKey, $0.certificate] })
        where NewFile.exists(path) { throw .exists(path: path) }
        try NewFile.directory(directory)

        let key = try AuthorityError.wrap { () throws(OpenSSLFailure) in try PrivateKey.generate() }
        let made = try AuthorityError.wrap { () throws(OpenSSLFailure) in
            try CertificateBuilder(
                purpose: .authority(name: "Fleetrace authority of \(controller.name)"), validity: .authority(from: now),
                publicKey: key.object.pointer
            ).sign(issuer: nil, key: key.object.pointer)
        }
        let pems = try AuthorityError.wrap { () throws(OpenSSLFailure) in
            (
                key: try key.pem(),
                certificate: try PEM.text("writing a certificate") { PEM_write_bio_X509($0, made.pointer) }
            )
        }
        let authority = CertificateAuthority(
            layout: layout, facts: CertificateFacts(made.pointer), certificate: made, key: key.object)
        try NewFile.create(layout.key, pems.key, mode: NewFile.secret)
        try NewFile.create(layout.certificate, pems.certificate, mode: NewFile.published)
        try authority.write(try authority.issue(controller, now: now), to: layout.controller)
        try authority.write(try authority.issue(`operator`, now: now), to: layout.operator)
        return authority
    }

    /// Opens the authority of a directory.
    public static func open(_ directory: String) throws(AuthorityError) -> CertificateAuthority {
        let layout = AuthorityLayout(directory)
        let files = (certificate: try read(layout.certificate), key: try read(layout.key))
        guard files.key.mode & 0o077 == 0 else {
            throw .file(
                IdentityFileError(layout.key, "is open to others than its owner", remedy: "chmod 600 \(layout.key)"))
        }
        let key = try AuthorityError.wrap { () throws(OpenSSLFailure) in try PEM.privateKey(files.key.bytes) }
        let certificates = try AuthorityError.wrap { () throws(OpenSSLFailure) in
            try PEM.certificates(files.certificate.bytes)
        }
        guard let certificate = certificates.first, X509_check_private_key(certificate.pointer, key.pointer) == 1,
            X509_check_ca(certificate.pointer) == 1
        else {
            ERR_clear_error()
            throw .notAnAuthority(path: layout.certificate)
        }
        return CertificateAuthority(
            layout: layout, facts: CertificateFacts(certificate.pointer), certificate: certificate, key: key)
    }

    private static func read(_ path: String) throws(AuthorityError) -> SmallFile {
        do throws(IdentityFileError) { return try SmallFile(path: path) } catch { throw .file(error) }
    }

    /// The authority's certificate as PEM, which every peer must trust.
    public func pem() throws(AuthorityError) -> [UInt8] {
        try AuthorityError.wrap { () throws(OpenSSLFailure) in
            try PEM.text("writing a certificate") { PEM_write_bio_X509($0, certificate.pointer) }
        }
    }
}
