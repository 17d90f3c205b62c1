import COpenSSL
import NIOCore

/// The TLS state of one connection: an SSL with its buffers. It does no I/O and has no timers. The handler moves the
/// bytes of `wire`. Every call first clears OpenSSL's error queue, which the whole thread shares.
final class TLSConnection {
    /// The largest payload of a record (RFC 8446, 5.1).
    static let recordPayload = 1 << 14
    /// Overhead of a record in bytes: header 5, content type 1, authentication tag 16.
    static let recordOverhead = 22

    let side: SecureTransportError.Side
    let expectation: PeerExpectation
    let protocols: [String]
    let wire = CiphertextBuffers()
    /// The failed check. Callbacks set it during a handshake.
    var refusal: SecureTransportError.Check?
    /// The peer that passed all checks. Callbacks set it during a handshake.
    var peer: PeerIdentity?

    /// Records written with one key before it is changed. AES-GCM is safe for 2^24.5 full records (RFC 8446, 5.5),
    /// about 380 GB, which a busy node sends in hours. OpenSSL leaves key changes to the application.
    var recordsPerKey = 1 << 23
    private(set) var keyUpdates = 0
    private var recordsOfKey = 0

    private let ssl: OpaquePointer
    private let handshakeBytes: Int
    private var isBroken = false
    /// Whether the peer has sent data, which means that its handshake is over.
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
        // If one BIO is used for both directions, SSL_set_bio needs only one reference.
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

    /// The connection of an SSL, for OpenSSL's callbacks.
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

    /// Continues the handshake as far as the input allows.
    func handshake() -> HandshakeStep {
        guard !isBroken else { return .failed(.local("the connection has already failed")) }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            // The callback has run, because session resumption is switched off.
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
        /// Nothing was written, because OpenSSL must first read the rest of a message from the peer.
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

    /// Appends close_notify to `wire`. This side sends nothing afterwards.
    func endOutput() {
        guard !isBroken else { return }
        ERR_clear_error()
        // 0 means that it was sent and the peer's is outstanding. A failure does not matter, because the connection
        // ends.
        if SSL_shutdown(ssl) < 0 { ERR_clear_error() }
    }

    /// Changes this side's key before the next write (RFC 8446, 4.6.3).
    ///
    /// - Parameter asking: whether to request that the peer changes its key too. Our peers do so by themselves.
    func updateKey(asking: Bool) {
        guard !isBroken else { return }
        recordsOfKey = 0
        keyUpdates += 1
        ERR_clear_error()
        if SSL_key_update(ssl, asking ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1 {
            ERR_clear_error()
        }
    }

    /// Decrypted bytes that OpenSSL keeps because the last target was too small.
    var pendingPlaintext: Int { Int(max(0, SSL_pending(ssl))) }

    // MARK: Facts

    /// A secret that only the two sides of this connection know (RFC 8446, 7.5); nil before the handshake is done.
    func export(_ label: String, _ length: Int) -> [UInt8]? {
        guard !isBroken, SSL_is_init_finished(ssl) == 1 else { return nil }
        ERR_clear_error()
        var secret = [UInt8](repeating: 0, count: length)
        let result = label.withCString {
            SSL_export_keying_material(ssl, &secret, length, $0, label.utf8.count, nil, 0, 0)
        }
        return result == 1 ? secret : nil
    }

    /// The negotiated application protocol.
    var selectedProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        guard let bytes, count > 0 else { return nil }
        let name = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
        return protocols.contains(name) ? name : nil
    }

    /// The result of the handshake, or nil before it is done.
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
        let check = SecureTransportError.Check(
            errors, inHandshake: inHandshake, beforeData: !hasReceivedData, protocols: protocols)
        // OpenSSL's alert for a certificate that is not valid yet is "bad certificate".
        if case .peerAlert(let alert, _) = check, alert.isAboutCertificate, let own = SSL_get_certificate(ssl) {
            let clock = CertificateClock(own)
            if !clock.isValid { return .refusedOutsideValidity(alert, clock) }
        }
        return check
    }
}
