import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension SecureTransportHandler {
    /// The channel is active. Starts the deadline of the handshake, and the handshake if there is no gate.
    func begin(_ context: ChannelHandlerContext) {
        guard lifecycle.begin() else { return }
        setDeadline(limits.handshakeTimeout) { [limits] in
            .handshakeTimeout(milliseconds: limits.handshakeTimeout.nanoseconds / 1_000_000)
        }
        if admission == nil { startTLS(context) }
        if lifecycle.phase == .handshaking { context.read() }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        do throws(OpenSSLFailure) {
            ownCertificateEnd = tls.identity.certificate.notAfter
            connection = try tls.makeConnection(handshakeBytes: limits.handshakeBytes)
        } catch {
            fail(.local("\(error)"))
            return
        }
        goOn(context)
    }

    /// Keeps what the peer sends until the gate lets TLS begin, at first up to a whole ClientHello.
    func greet(_ bytes: inout ByteBuffer) {
        greeting.writeBuffer(&bytes)
        guard greeting.readableBytes <= limits.handshakeBytes else {
            return fail(.handshakeTooLarge(limit: limits.handshakeBytes))
        }
        guard !hasGreeted, ClientHello.isDecided(greeting) else { return }
        hasGreeted = true
        admission?.greet()
    }

    /// The gate has decided about this connection.
    func take(_ turn: HandshakeTurn, _ context: ChannelHandlerContext) {
        guard lifecycle.phase == .handshaking else { return }
        switch turn {
        case .start:
            guard connection == nil else { return }
            startTLS(context)
            guard let connection, lifecycle.phase == .handshaking else { return }
            connection.wire.inbound = greeting
            greeting = ByteBuffer()
            consume(context)
            channelReadComplete(context: context)
        case .drop(let stage):
            // A reset frees the socket at once. A peer that has said nothing learns nothing from an orderly end.
            if let socket = context.channel as? any SocketOptionProvider {
                socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
            }
            fail(.displaced(hadGreeted: stage != .silent))
        }
    }

    /// Continues the handshake. Returns true if it is done now.
    @discardableResult
    func goOn(_ context: ChannelHandlerContext) -> Bool {
        guard let connection else { return false }
        let start = Self.processorTime()
        let step = connection.handshake()
        admission?.spend(.nanoseconds(Self.processorTime() - start))
        switch step {
        case .needsInput:
            sendAnswers(context)
            return false
        case .failed(let check):
            fail(check)
            return false
        case .done:
            sendAnswers(context)
            finish(connection, context)
            return lifecycle.phase == .open
        }
    }

    /// What this thread has used, in nanoseconds. A busy machine makes handshakes slow, but not expensive.
    private static func processorTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private func finish(_ connection: TLSConnection, _ context: ChannelHandlerContext) {
        guard let peer = connection.peer, let facts = connection.facts else {
            fail(.local("the handshake ended without a peer"))
            return
        }
        lifecycle.handshakeDone()
        deadline?.cancel()
        deadline = nil
        admission?.authenticated()
        admission = nil
        startIdleClock(context)
        startLifetime(CertificateLifetime(own: ownCertificateEnd, peer: facts.peerCertificate.notAfter), context)
        context.fireUserInboundEventTriggered(SecureTransportEvent.handshakeCompleted(peer, facts))
        encryptWrites()
    }
}
