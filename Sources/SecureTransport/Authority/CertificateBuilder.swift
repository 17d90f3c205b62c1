import COpenSSL

/// Builds one X.509 certificate.
struct CertificateBuilder {
    /// What a certificate is for.
    enum Purpose {
        /// An authority, which signs certificates and revocation lists. It signs the leaves directly.
        case authority(name: String)
        /// A peer. The URIs are those of the identity, except in tests.
        case peer(PeerIdentity)
    }

    let purpose: Purpose
    let validity: CertificateValidity
    /// The public key to certify.
    let publicKey: OpaquePointer

    /// Signs the certificate.
    ///
    /// - Parameter issuer: the authority's certificate. Nil for a self-signed certificate.
    func sign(issuer: OpaquePointer?, key: OpaquePointer) throws(OpenSSLFailure) -> OpenSSLObject {
        ERR_clear_error()
        let operation = "making a certificate"
        guard let made = OpenSSLObject(X509_new(), release: X509_free) else { throw OpenSSLFailure(operation) }
        let certificate = made.pointer
        // 2 means version 3.
        guard X509_set_version(certificate, 2) == 1, setSerial(certificate), setValidity(certificate),
            X509_set_pubkey(certificate, publicKey) == 1, setSubject(certificate),
            X509_set_issuer_name(certificate, X509_get_subject_name(issuer ?? certificate)) == 1,
            addExtensions(certificate, issuer: issuer ?? certificate),
            X509_sign(certificate, key, EVP_sha256()) > 0
        else { throw OpenSSLFailure(operation) }
        return made
    }

    /// 127 random bits: positive, not zero, and unpredictable (RFC 5280, 4.1.2.2).
    private func setSerial(_ certificate: OpaquePointer) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else { return false }
        bytes[0] = bytes[0] & 0x7f | 0x40
        guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
    }

    private func setValidity(_ certificate: OpaquePointer) -> Bool {
        ASN1_TIME_set(X509_getm_notBefore(certificate), Int(validity.notBefore)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(certificate), Int(validity.notAfter)) != nil
    }

    /// The subject is for people. No decision depends on it.
    private func setSubject(_ certificate: OpaquePointer) -> Bool {
        let name = X509_get_subject_name(certificate)
        let (unit, common) =
            switch purpose {
            case .authority(let name): ("authority", name)
            case .peer(let identity): (identity.role.rawValue, identity.name)
            }
        return add("O", "Fleetrace", to: name) && add("OU", unit, to: name) && add("CN", common, to: name)
    }

    private func add(_ field: String, _ value: String, to name: OpaquePointer?) -> Bool {
        let bytes = Array(value.utf8)
        return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, Int32(clamping: bytes.count), -1, 0) == 1
    }

    private func addExtensions(_ certificate: OpaquePointer, issuer: OpaquePointer) -> Bool {
        var context = X509V3_CTX()
        fl_extension_context(&context, issuer, certificate)
        func add(_ kind: Int32, _ value: String) -> Bool {
            guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return false }
            defer { X509_EXTENSION_free(made) }
            return X509_add_ext(certificate, made, -1) == 1
        }
        switch purpose {
        case .authority:
            return add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
                && add(NID_key_usage, "critical,keyCertSign,cRLSign") && add(NID_subject_key_identifier, "hash")
        case .peer(let identity):
            let usage = identity.role == .controller ? "serverAuth" : "clientAuth"
            return add(NID_basic_constraints, "critical,CA:FALSE") && add(NID_key_usage, "critical,digitalSignature")
                && add(NID_ext_key_usage, usage) && add(NID_subject_key_identifier, "hash")
                && add(NID_authority_key_identifier, "keyid:always") && addURI(identity.uri, certificate)
        }
    }

    /// Adds the URI as bytes, because OpenSSL's syntax for extension values would need escapes.
    private func addURI(_ uri: String, _ certificate: OpaquePointer) -> Bool {
        guard let names = GENERAL_NAMES_new() else { return false }
        defer { GENERAL_NAMES_free(names) }
        guard fl_general_names_add_uri(names, uri, Int32(clamping: uri.utf8.count)) == 1 else { return false }
        return X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0) == 1
    }
}
