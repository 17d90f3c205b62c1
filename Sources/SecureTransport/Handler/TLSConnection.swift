import COpenSSL
import NIOCore

/// The TLS state of one connection: an SSL with its buffers. It does no I/O and knows no time; the handler moves the
/// bytes of `wire`. Every call first empties OpenSSL's error queue, which belongs to the thread and not to us.
final class TLSConnection {
    /// The largest payload of a record (RFC 8446, 5.1).
    static let recordPayload = 1 << 14
    /// What a record adds: header 5, content type 1, authentication tag 16.
    static let recordOverhead = 22

    let side: SecureTransportError.Side
    let expectation: PeerExpectation
    let protocols: [String]
    let wire = CiphertextBuffers()
    /// Set by the callbacks inside a handshake: the check that failed.
    var refusal: SecureTransportError.Check?
    /// Set by the callbacks inside a handshake: the peer that passed all checks.
    var peer: PeerIdentity?

    /// Records written with one key before it is changed. AES-GCM is good for 2^24.5 full records (RFC 8446, 5.5), some
    /// 380 GB, which a busy node sends in hours; OpenSSL leaves it to the application.
    var recordsPerKey = 1 << 23
    private(set) var keyUpdates = 0
    private var recordsOfKey = 0

    private let ssl: OpaquePointer
    private let handshakeBytes: Int
    private var isBroken = false
    /// Whether the peer has sent data, so that its handshake is known to be over.
    private(set) var hasReceivedData = false

    init(
        _ context: OpenSSLObject, side: SecureTransportError.Side, expectation: PeerExpectation, protocols: [String],
        handshakeBytes: Int
    ) throws(OpenSSLFailure) {
        ERR_clear_error()
        guard let index = Self.index, let ssl = SSL_new(context.pointer) else {
            throw OpenSSLFailure("making a TLS connection")
        }
        guard let bio = CiphertextBIO.make(wire) else {
            SSL_free(ssl)
            throw OpenSSLFailure("making a TLS connection")
        }
        self.ssl = ssl
        self.side = side
        self.expectation = expectation
        self.protocols = protocols
        self.handshakeBytes = handshakeBytes
        // Reading and writing through one BIO: SSL_set_bio then takes a single reference.
        SSL_set_bio(ssl, bio, bio)
        guard SSL_set_ex_data(ssl, index, Unmanaged.passUnretained(self).toOpaque()) == 1 else {
            throw OpenSSLFailure("making a TLS connection")
        }
        switch side {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
    }

    deinit { SSL_free(ssl) }

    /// The connection of an SSL, inside OpenSSL's callbacks.
    static func of(_ ssl: OpaquePointer) -> TLSConnection? {
        guard let index, let data = SSL_get_ex_data(ssl, index) else { return nil }
        return Unmanaged<TLSConnection>.fromOpaque(data).takeUnretainedValue()
    }

    private static let index: Int32? = {
        let index = fl_ssl_new_ex_index()
        return index >= 0 ? index : nil
    }()

    // MARK: Steps

    enum HandshakeStep {
        case done
        case needsInput
        case failed(SecureTransportError.Check)
    }

    /// Goes on with the handshake as far as the input reaches.
    func handshake() -> HandshakeStep {
        guard !isBroken else { return .failed(.local("the connection has already failed")) }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            // The callback has run unless OpenSSL resumed a session, which is switched off.
            guard peer != nil, selectedProtocol != nil else { return .failed(breakDown(.local("peer not verified"))) }
            return .done
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            guard wire.taken <= handshakeBytes else {
                return .failed(breakDown(.handshakeTooLarge(limit: handshakeBytes)))
            }
            return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .failed(breakDown(.endedInHandshake))
        default: return .failed(breakDown(check(inHandshake: true)))
        }
    }

    enum ReadStep {
        case data(Int)
        case needsInput
        case ended
        case failed(SecureTransportError.Check)
    }

    /// Decrypts at most one record into `target`, which must not be empty.
    func read(into target: UnsafeMutableRawBufferPointer) -> ReadStep {
        guard !isBroken else { return .failed(.local("the connection has already failed")) }
        ERR_clear_error()
        var count = 0
        let result = SSL_read_ex(ssl, target.baseAddress, target.count, &count)
        if result == 1 {
            hasReceivedData = true
            return .data(count)
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(breakDown(check(inHandshake: false)))
        }
    }

    enum WriteStep {
        case written
        /// Nothing was written: OpenSSL first has to read the rest of a message of the peer's.
        case needsInput
        case failed(SecureTransportError.Check)
    }

    /// Encrypts all of `source`, which must not be empty, into `wire`.
    func write(_ source: UnsafeRawBufferPointer) -> WriteStep {
        guard !isBroken else { return .failed(.local("the connection has already failed")) }
        ERR_clear_error()
        var count = 0
        let result = SSL_write_ex(ssl, source.baseAddress, source.count, &count)
        if result == 1 {
            recordsOfKey &+= (count &+ Self.recordPayload &- 1) / Self.recordPayload
            if recordsOfKey >= recordsPerKey { updateKey(asking: false) }
            return .written
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        default: return .failed(breakDown(check(inHandshake: false)))
        }
    }

    /// Puts close_notify into `wire`: nothing follows from this side.
    func endOutput() {
        guard !isBroken else { return }
        ERR_clear_error()
        // 0: sent, the peer's own is outstanding. A failure here changes nothing: the connection ends anyhow.
        if SSL_shutdown(ssl) < 0 { ERR_clear_error() }
    }

    /// Makes the next write change this side's key (RFC 8446, 4.6.3).
    ///
    /// - Parameter asking: whether the peer is asked to change its own too; ours does so by itself.
    func updateKey(asking: Bool) {
        guard !isBroken else { return }
        recordsOfKey = 0
        keyUpdates += 1
        ERR_clear_error()
        if SSL_key_update(ssl, asking ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1 {
            ERR_clear_error()
        }
    }

    /// Decrypted bytes that OpenSSL holds because the last target was too small.
    var pendingPlaintext: Int { Int(max(0, SSL_pending(ssl))) }

    // MARK: Facts

    /// The application protocol both agreed on.
    var selectedProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        guard let bytes, count > 0 else { return nil }
        let name = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
        return protocols.contains(name) ? name : nil
    }

    /// What was agreed on; nil before the handshake is done.
    var facts: TLSFacts? {
        guard let certificate = SSL_get0_peer_certificate(ssl), let name = selectedProtocol else { return nil }
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) }
        return TLSFacts(
            version: String(cString: SSL_get_version(ssl)), cipher: cipher ?? "none", applicationProtocol: name,
            peerCertificate: CertificateFacts(certificate))
    }

    private func breakDown(_ check: SecureTransportError.Check) -> SecureTransportError.Check {
        // After a fatal error OpenSSL must not be called again (SSL_get_error(3)).
        isBroken = true
        return check
    }

    private func check(inHandshake: Bool) -> SecureTransportError.Check {
        let errors = OpenSSLErrors.drain()
        if let refusal { return refusal }
        return SecureTransportError.Check(
            errors, inHandshake: inHandshake, beforeData: !hasReceivedData, protocols: protocols)
    }
}
