import NIOCore

extension SecureTransportHandler {
    /// The channel is active. Starts the handshake and its deadline.
    func begin(_ context: ChannelHandlerContext) {
        guard lifecycle.begin() else { return }
        do throws(OpenSSLFailure) {
            connection = try tls.makeConnection(handshakeBytes: limits.handshakeBytes)
        } catch {
            fail(.local("\(error)"))
            return
        }
        setDeadline(limits.handshakeTimeout) { [limits] in
            .handshakeTimeout(milliseconds: limits.handshakeTimeout.nanoseconds / 1_000_000)
        }
        goOn(context)
        if lifecycle.phase == .handshaking { context.read() }
    }

    /// Continues the handshake. Returns true if it is done now.
    @discardableResult
    func goOn(_ context: ChannelHandlerContext) -> Bool {
        guard let connection else { return false }
        switch connection.handshake() {
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

    private func finish(_ connection: TLSConnection, _ context: ChannelHandlerContext) {
        guard let peer = connection.peer, let facts = connection.facts else {
            fail(.local("the handshake ended without a peer"))
            return
        }
        lifecycle.handshakeDone()
        deadline?.cancel()
        deadline = nil
        admission = nil
        startIdleClock(context)
        context.fireUserInboundEventTriggered(SecureTransportEvent.handshakeCompleted(peer, facts))
        encryptWrites()
    }
}
