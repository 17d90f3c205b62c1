import COpenSSL

/// A signing request (PKCS #10), with which a node that created its own key requests a certificate. The private key
/// never leaves the node.
///
/// Only the public key is used. Names in the request are ignored, because the person who approves the enrolment states
/// the node's name.
public struct CertificateRequest: Sendable {
    let publicKey: OpenSSLObject

    /// Creates a request for `key`.
    public static func pem(for key: PrivateKey) throws(OpenSSLFailure) -> [UInt8] {
        ERR_clear_error()
        let operation = "making a signing request"
        guard let request = OpenSSLObject(X509_REQ_new(), release: X509_REQ_free),
            X509_REQ_set_version(request.pointer, 0) == 1,
            X509_REQ_set_pubkey(request.pointer, key.object.pointer) == 1,
            X509_REQ_sign(request.pointer, key.object.pointer, EVP_sha256()) > 0
        else { throw OpenSSLFailure(operation) }
        return try PEM.text(operation) { PEM_write_bio_X509_REQ($0, request.pointer) }
    }

    /// Reads a request and checks that its sender has the private key.
    ///
    /// - Throws: `AuthorityError.badRequest` with the reason.
    public init(pem: [UInt8]) throws(AuthorityError) {
        guard pem.count <= Self.largest else { throw .badRequest("it is larger than \(Self.largest) bytes") }
        let request: OpenSSLObject
        do throws(OpenSSLFailure) {
            request = try PEM.request(pem)
        } catch {
            throw .badRequest(error.reason)
        }
        guard let key = OpenSSLObject(X509_REQ_get_pubkey(request.pointer), release: EVP_PKEY_free) else {
            throw .badRequest(OpenSSLFailure("reading the key").reason)
        }
        // At least 112 bits: RSA from 2048, EC from 224. This is checked before the signature, because the sender
        // determines how expensive that is.
        guard EVP_PKEY_get_security_bits(key.pointer) >= 112, EVP_PKEY_get_bits(key.pointer) <= 8192 else {
            throw .badRequest("the key is too weak or too large")
        }
        guard X509_REQ_verify(request.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .badRequest("its signature does not fit its key")
        }
        publicKey = key
    }

    private static let largest = 64 << 10
}
