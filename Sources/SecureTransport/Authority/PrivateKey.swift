import COpenSSL

/// A private key.
public struct PrivateKey: Sendable {
    let object: OpenSSLObject

    /// A new EC key on the curve P-256. It is small, signs fast, and all common crypto policies allow it.
    public static func generate() throws(OpenSSLFailure) -> PrivateKey {
        ERR_clear_error()
        guard let object = OpenSSLObject(fl_generate_p256(), release: EVP_PKEY_free) else {
            throw OpenSSLFailure("making a key")
        }
        return PrivateKey(object: object)
    }

    /// Reads the first key of a PEM text.
    public init(pem: [UInt8]) throws(OpenSSLFailure) { object = try PEM.privateKey(pem) }

    init(object: OpenSSLObject) { self.object = object }

    /// The key as PEM (PKCS #8), unencrypted.
    public func pem() throws(OpenSSLFailure) -> [UInt8] {
        try PEM.text("writing a key") {
            PEM_write_bio_PKCS8PrivateKey($0, object.pointer, nil, nil, 0, nil, nil)
        }
    }
}
