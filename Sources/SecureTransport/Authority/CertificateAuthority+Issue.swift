import COpenSSL

extension CertificateAuthority {
    /// Creates a key and a certificate for a peer. Nothing is written.
    ///
    /// - Parameter validity: by default one year from `now`. It never ends after the authority's certificate.
    public func issue(
        _ identity: PeerIdentity, now: Int64, validity: CertificateValidity? = nil
    ) throws(AuthorityError) -> IssuedIdentity {
        let key = try AuthorityError.wrap { () throws(OpenSSLFailure) in try PrivateKey.generate() }
        let certificate = try certify(identity, key.object.pointer, now, validity)
        let keyPEM = try AuthorityError.wrap { () throws(OpenSSLFailure) in try key.pem() }
        return IssuedIdentity(identity: identity, certificatePEM: certificate, keyPEM: keyPEM)
    }

    /// Signs a request with the identity that the caller states.
    ///
    /// - Returns: the certificate as PEM.
    public func sign(
        _ request: CertificateRequest, as identity: PeerIdentity, now: Int64, validity: CertificateValidity? = nil
    ) throws(AuthorityError) -> [UInt8] {
        try certify(identity, request.publicKey.pointer, now, validity)
    }

    /// Creates a new certificate for an existing key, before the old one expires.
    ///
    /// - Returns: the certificate as PEM.
    public func renew(
        _ identity: PeerIdentity, key: PrivateKey, now: Int64
    ) throws(AuthorityError) -> [UInt8] {
        try certify(identity, key.object.pointer, now, nil)
    }

    /// Issues a peer's identity and writes it to the directory. Missing subdirectories are created.
    ///
    /// - Throws: `AuthorityError.exists` if the peer has files there already.
    @discardableResult
    public func issueFiles(_ identity: PeerIdentity, now: Int64) throws(AuthorityError) -> IdentityFiles {
        let files = layout.files(of: identity)
        let parent = files.certificate.prefix(
            upTo: files.certificate.lastIndex(of: "/") ?? files.certificate.startIndex)
        try NewFile.directory(String(parent))
        try write(try issue(identity, now: now), to: files)
        return files
    }

    /// Writes an identity: the key with mode 0600, the certificate with 0644. Existing files are never overwritten.
    public func write(_ issued: IssuedIdentity, to files: IdentityFiles) throws(AuthorityError) {
        for path in [files.privateKey, files.certificate] where NewFile.exists(path) { throw .exists(path: path) }
        try NewFile.create(files.privateKey, issued.keyPEM, mode: NewFile.secret)
        try NewFile.create(files.certificate, issued.certificatePEM, mode: NewFile.published)
    }

    /// Replaces an old certificate by a renewed one atomically. The key is not changed.
    public func replaceCertificate(_ pem: [UInt8], in files: IdentityFiles) throws(AuthorityError) {
        try NewFile.replace(files.certificate, pem)
    }

    private func certify(
        _ identity: PeerIdentity, _ publicKey: OpaquePointer, _ now: Int64, _ validity: CertificateValidity?
    ) throws(AuthorityError) -> [UInt8] {
        guard facts.notAfter > now else { throw .authorityExpired(path: layout.certificate) }
        let validity = (validity ?? .leaf(from: now)).ending(by: facts.notAfter)
        return try AuthorityError.wrap { () throws(OpenSSLFailure) in
            let made = try CertificateBuilder(purpose: .peer(identity), validity: validity, publicKey: publicKey)
                .sign(issuer: certificate.pointer, key: key.pointer)
            return try PEM.text("writing a certificate") { PEM_write_bio_X509($0, made.pointer) }
        }
    }
}
