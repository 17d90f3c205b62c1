import COpenSSL

extension SecureTransportError.Check {
    /// The check that corresponds to an error of libssl.
    ///
    /// - Parameter beforeData: whether the peer has not sent any data yet.
    init(_ errors: OpenSSLErrors, inHandshake: Bool, beforeData: Bool, protocols: [String]) {
        switch errors.sslReason {
        case 1000...1255:
            self = .peerAlert(TLSAlert(rawValue: UInt8(errors.sslReason - 1000)), beforeData: beforeData)
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            self = .noCertificate
        case SSL_R_HTTP_REQUEST where inHandshake, SSL_R_HTTPS_PROXY_REQUEST where inHandshake,
            SSL_R_WRONG_VERSION_NUMBER where inHandshake:
            self = .notTLS(errors.text)
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_UNKNOWN_PROTOCOL, SSL_R_WRONG_SSL_VERSION,
            SSL_R_BAD_LEGACY_VERSION:
            self = .protocolVersion(errors.text)
        case SSL_R_NO_APPLICATION_PROTOCOL:
            self = .applicationProtocol(offered: [], accepted: protocols)
        case 0:
            self = .local(errors.text)
        default:
            self = .protocolViolation(errors.text)
        }
    }
}
