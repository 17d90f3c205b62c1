import COpenSSL

extension CertificateAuthority {
    /// Days until a revocation list must be signed again. After that, peers that check the list refuse everybody.
    public static let revocationListDays: Int64 = 365

    /// Adds a certificate to the revocation list, signs the list and writes it to `ca.crl`. Listeners that use the list
    /// read it in `TLSContext.reload()`.
    ///
    /// - Parameter pem: the certificate. Nil only signs the list again.
    public func revoke(_ pem: [UInt8]?, now: Int64) throws(AuthorityError) {
        var old: OpenSSLObject?
        if NewFile.exists(layout.revocationList) {
            let file: SmallFile
            do throws(IdentityFileError) {
                file = try SmallFile(path: layout.revocationList)
            } catch { throw .file(error) }
            old = try AuthorityError.wrap { () throws(OpenSSLFailure) in try PEM.revocationLists(file.bytes) }.first
            guard old != nil else {
                throw .file(IdentityFileError(layout.revocationList, "holds no revocation list"))
            }
        }
        let text = try AuthorityError.wrap { () throws(OpenSSLFailure) in
            let list = if let old { old } else { try emptyList() }
            if let pem {
                guard let revoked = try PEM.certificates(pem).first else {
                    throw OpenSSLFailure("looking for a certificate")
                }
                try add(revoked.pointer, to: list.pointer, now: now)
            }
            try sign(list.pointer, now: now)
            return try PEM.text("writing a revocation list") { PEM_write_bio_X509_CRL($0, list.pointer) }
        }
        try NewFile.replace(layout.revocationList, text)
    }

    private func emptyList() throws(OpenSSLFailure) -> OpenSSLObject {
        // 1 means version 2.
        guard let list = OpenSSLObject(X509_CRL_new(), release: X509_CRL_free),
            X509_CRL_set_version(list.pointer, 1) == 1,
            X509_CRL_set_issuer_name(list.pointer, X509_get_subject_name(certificate.pointer)) == 1
        else { throw OpenSSLFailure("making a revocation list") }
        var context = X509V3_CTX()
        fl_extension_context_crl(&context, certificate.pointer, list.pointer)
        guard let identifier = X509V3_EXT_conf_nid(nil, &context, NID_authority_key_identifier, "keyid:always") else {
            throw OpenSSLFailure("making a revocation list")
        }
        defer { X509_EXTENSION_free(identifier) }
        guard X509_CRL_add_ext(list.pointer, identifier, -1) == 1 else {
            throw OpenSSLFailure("making a revocation list")
        }
        return list
    }

    private func add(_ revoked: OpaquePointer, to list: OpaquePointer, now: Int64) throws(OpenSSLFailure) {
        let operation = "revoking a certificate"
        guard X509_verify(revoked, X509_get0_pubkey(certificate.pointer)) == 1 else {
            throw OpenSSLFailure("\(operation) of another authority")
        }
        let serial = X509_get_serialNumber(revoked)
        var known: OpaquePointer?
        if X509_CRL_get0_by_serial(list, &known, serial) != 0 { return }
        guard let entry = X509_REVOKED_new() else { throw OpenSSLFailure(operation) }
        let date = ASN1_TIME_set(nil, Int(now))
        defer { ASN1_TIME_free(date) }
        guard X509_REVOKED_set_serialNumber(entry, serial) == 1, X509_REVOKED_set_revocationDate(entry, date) == 1,
            X509_CRL_add0_revoked(list, entry) == 1
        else {
            X509_REVOKED_free(entry)
            throw OpenSSLFailure(operation)
        }
    }

    private func sign(_ list: OpaquePointer, now: Int64) throws(OpenSSLFailure) {
        let from = ASN1_TIME_set(nil, Int(now - CertificateValidity.backdate))
        let until = ASN1_TIME_set(nil, Int(now + Self.revocationListDays * CertificateValidity.day))
        defer {
            ASN1_TIME_free(from)
            ASN1_TIME_free(until)
        }
        guard X509_CRL_set1_lastUpdate(list, from) == 1, X509_CRL_set1_nextUpdate(list, until) == 1,
            X509_CRL_sort(list) == 1, X509_CRL_sign(list, key.pointer, EVP_sha256()) > 0
        else { throw OpenSSLFailure("signing the revocation list") }
    }
}
