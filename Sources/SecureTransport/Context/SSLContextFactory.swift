import COpenSSL

/// Creates the SSL_CTX of one side.
enum SSLContextFactory {
    /// The largest certificate chain of a peer, in bytes. OpenSSL's limit is 100 KiB. Our chains have less than 1 KiB.
    static let largestChain = 32 << 10

    static func make(
        _ identity: TransportIdentity, side: SecureTransportError.Side, protocols: [String]
    ) throws(OpenSSLFailure) -> OpenSSLObject {
        ERR_clear_error()
        let method = side == .server ? TLS_server_method() : TLS_client_method()
        guard let made = OpenSSLObject(SSL_CTX_new(method), release: SSL_CTX_free) else {
            throw OpenSSLFailure("making a TLS context")
        }
        let context = made.pointer
        guard fl_ctx_tls13_only(context) == 1 else { throw OpenSSLFailure("asking for TLS 1.3") }
        fl_ctx_set_options(context)
        fl_ctx_set_modes(context)
        fl_ctx_no_session_cache(context)
        fl_ctx_set_max_cert_list(context, largestChain)
        guard SSL_CTX_set_num_tickets(context, 0) == 1, SSL_CTX_set_max_early_data(context, 0) == 1 else {
            throw OpenSSLFailure("switching session tickets off")
        }
        try setIdentity(context, identity)
        try setTrust(context, identity)
        try setProtocols(context, side, protocols)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(context, PeerVerification.callback, nil)
        return made
    }

    private static func setIdentity(_ context: OpaquePointer, _ identity: TransportIdentity) throws(OpenSSLFailure) {
        guard SSL_CTX_use_certificate(context, identity.chain[0].pointer) == 1,
            SSL_CTX_use_PrivateKey(context, identity.key.pointer) == 1
        else { throw OpenSSLFailure("using \(identity.files.certificate)") }
        for intermediate in identity.chain.dropFirst() {
            guard fl_ctx_add1_chain_cert(context, intermediate.pointer) == 1 else {
                throw OpenSSLFailure("using \(identity.files.certificate)")
            }
        }
    }

    private static func setTrust(_ context: OpaquePointer, _ identity: TransportIdentity) throws(OpenSSLFailure) {
        guard let store = SSL_CTX_get_cert_store(context) else { throw OpenSSLFailure("opening the trust store") }
        for authority in identity.authorities {
            guard X509_STORE_add_cert(store, authority.pointer) == 1 else {
                throw OpenSSLFailure("trusting \(identity.files.authorities)")
            }
        }
        guard !identity.revocationLists.isEmpty else { return }
        for list in identity.revocationLists {
            guard X509_STORE_add_crl(store, list.pointer) == 1 else {
                throw OpenSSLFailure("using \(identity.files.revocationList ?? "the revocation list")")
            }
        }
        guard X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK)) == 1 else {
            throw OpenSSLFailure("asking for revocation checks")
        }
    }

    private static func setProtocols(
        _ context: OpaquePointer, _ side: SecureTransportError.Side, _ protocols: [String]
    ) throws(OpenSSLFailure) {
        switch side {
        case .server:
            SSL_CTX_set_client_hello_cb(context, ApplicationProtocols.requireOffer, nil)
            SSL_CTX_set_alpn_select_cb(context, ApplicationProtocols.select, nil)
        case .client:
            let wire = ApplicationProtocols.wireFormat(protocols)
            // Unlike similar functions, this one returns 0 on success.
            guard !wire.isEmpty, SSL_CTX_set_alpn_protos(context, wire, UInt32(clamping: wire.count)) == 0 else {
                throw OpenSSLFailure("offering the application protocol")
            }
        }
    }
}
