import COpenSSL

/// Owns one reference to an OpenSSL object and gives it back at the end.
///
/// Unchecked Sendable: OpenSSL counts references atomically, and the objects held here (X509, EVP_PKEY, SSL_CTX,
/// X509_CRL) are only read after they were made.
final class OpenSSLObject: @unchecked Sendable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer?) -> Void

    /// Takes over the caller's reference; nil when `pointer` is.
    init?(_ pointer: OpaquePointer?, release: @escaping (OpaquePointer?) -> Void) {
        guard let pointer else { return nil }
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }
}
