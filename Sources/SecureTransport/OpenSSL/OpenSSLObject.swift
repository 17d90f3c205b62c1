import COpenSSL

/// Owns one reference to an OpenSSL object and releases it.
///
/// Unchecked Sendable: OpenSSL counts references atomically, and these objects (X509, EVP_PKEY, SSL_CTX, X509_CRL) are
/// only read after they were created.
final class OpenSSLObject: @unchecked Sendable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer?) -> Void

    /// Takes ownership of the caller's reference. Nil if `pointer` is nil.
    init?(_ pointer: OpaquePointer?, release: @escaping (OpaquePointer?) -> Void) {
        guard let pointer else { return nil }
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }
}
