import COpenSSL

/// Verifies the peer's certificate during the handshake, so that a refusal reaches the peer as an alert.
enum PeerVerification {
    static let callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
        guard let store, let raw = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let connection = TLSConnection.of(OpaquePointer(raw))
        else { return 0 }
        guard X509_verify_cert(store) == 1 else {
            connection.refusal = check(
                of: X509_STORE_CTX_get_error(store), clock: clock(of: X509_STORE_CTX_get_current_cert(store)))
            return 0
        }
        guard let leaf = X509_STORE_CTX_get0_cert(store) else { return 0 }
        switch judge(leaf, for: connection) {
        case .success(let identity):
            connection.peer = identity
            return 1
        case .failure(let refusal):
            connection.refusal = refusal.check
            X509_STORE_CTX_set_error(store, refusal.x509Error)
            return 0
        }
    }

    private struct Refusal: Error {
        let check: SecureTransportError.Check
        /// The X.509 error, which selects OpenSSL's alert: bad_certificate or unsupported_certificate.
        var x509Error = X509_V_ERR_CERT_REJECTED
    }

    private static func judge(
        _ leaf: OpaquePointer, for connection: TLSConnection
    ) -> Result<PeerIdentity, Refusal> {
        // A server selects the protocol before it sends its certificate. A refusal here still reaches the server.
        if connection.side == .client, connection.selectedProtocol == nil {
            return .failure(Refusal(check: .applicationProtocol(offered: [], accepted: connection.protocols)))
        }
        switch CertificateFacts.identity(of: leaf) {
        case .failure(let error):
            return .failure(Refusal(check: .badIdentity(error)))
        case .success(let identity):
            guard let check = connection.expectation.refusal(of: identity) else { return .success(identity) }
            return .failure(Refusal(check: check, x509Error: X509_V_ERR_INVALID_PURPOSE))
        }
    }

    private static func clock(of certificate: OpaquePointer?) -> CertificateClock {
        certificate.map { CertificateClock($0) } ?? CertificateClock(notBefore: 0, notAfter: 0, now: 0)
    }

    /// The check that corresponds to an error of X.509 validation.
    static func check(of error: Int32, clock: CertificateClock) -> SecureTransportError.Check {
        let words = String(cString: X509_verify_cert_error_string(Int(error)))
        return switch error {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired(clock)
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid(clock)
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_UNTRUSTED,
            X509_V_ERR_INVALID_CA:
            .unknownAuthority(words)
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
            X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
            .revocationListUnusable(words)
        default: .badCertificate(words)
        }
    }
}
