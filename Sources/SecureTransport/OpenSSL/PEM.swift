import COpenSSL

/// Converts PEM text to OpenSSL objects and back.
enum PEM {
    /// The most certificates in one file.
    static let mostCertificates = 1000

    /// All certificates of a text, in order. Empty if there is none.
    static func certificates(_ bytes: [UInt8]) throws(OpenSSLFailure) -> [OpenSSLObject] {
        try objects(bytes, "reading a certificate", release: X509_free) {
            PEM_read_bio_X509($0, nil, refusePassphrase, nil)
        }
    }

    /// All revocation lists of a text, in order.
    static func revocationLists(_ bytes: [UInt8]) throws(OpenSSLFailure) -> [OpenSSLObject] {
        try objects(bytes, "reading a revocation list", release: X509_CRL_free) {
            PEM_read_bio_X509_CRL($0, nil, refusePassphrase, nil)
        }
    }

    /// The first private key of a text.
    static func privateKey(_ bytes: [UInt8]) throws(OpenSSLFailure) -> OpenSSLObject {
        ERR_clear_error()
        let key = withBIO(bytes) {
            OpenSSLObject(PEM_read_bio_PrivateKey($0, nil, refusePassphrase, nil), release: EVP_PKEY_free)
        }
        guard let key else { throw OpenSSLFailure("reading a private key") }
        return key
    }

    /// The first signing request of a text.
    static func request(_ bytes: [UInt8]) throws(OpenSSLFailure) -> OpenSSLObject {
        ERR_clear_error()
        let request = withBIO(bytes) {
            OpenSSLObject(PEM_read_bio_X509_REQ($0, nil, refusePassphrase, nil), release: X509_REQ_free)
        }
        guard let request else { throw OpenSSLFailure("reading a signing request") }
        return request
    }

    /// The bytes that `write` writes to a memory BIO.
    static func text(_ operation: String, _ write: (OpaquePointer) -> Int32) throws(OpenSSLFailure) -> [UInt8] {
        ERR_clear_error()
        guard let bio = BIO_new(BIO_s_mem()) else { throw OpenSSLFailure(operation) }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw OpenSSLFailure(operation) }
        let size = BIO_ctrl_pending(bio)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            _ = BIO_read_ex(bio, buffer.baseAddress, size, &count)
        }
    }

    private static func objects(
        _ bytes: [UInt8], _ operation: String, release: @escaping (OpaquePointer?) -> Void,
        _ read: (OpaquePointer) -> OpaquePointer?
    ) throws(OpenSSLFailure) -> [OpenSSLObject] {
        ERR_clear_error()
        var found: [OpenSSLObject] = []
        withBIO(bytes) { bio in
            while found.count < mostCertificates, let object = OpenSSLObject(read(bio), release: release) {
                found.append(object)
            }
        }
        let last = ERR_peek_last_error()
        // "No more blocks" is the regular end. Any other error means a damaged block.
        if last != 0, fl_err_is_pem_no_start_line(last) == 0 { throw OpenSSLFailure(operation) }
        ERR_clear_error()
        return found
    }

    private static func withBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
        bytes.withUnsafeBytes { buffer in
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            return body(bio)
        }
    }
}

/// Without this callback OpenSSL would ask for a passphrase at the terminal, which daemons do not have. -1 means that
/// there is no passphrase.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
