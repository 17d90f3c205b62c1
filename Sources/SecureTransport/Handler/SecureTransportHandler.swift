import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Mutual TLS 1.3 over a byte stream.
///
/// It is the first handler of a connection's pipeline. The handlers after it see plaintext, the network sees TLS
/// records. It fires `SecureTransportEvent.handshakeCompleted` when the peer is authenticated. No data from the peer
/// arrives before that, and earlier writes wait. If the channel allows remote half closure, the peer's end of data is
/// `ChannelEvent.inputClosed`, otherwise it closes the connection. A failure is fired once as a `SecureTransportError`
/// and closes the connection.
///
/// Back-pressure: it decrypts the bytes of one `read()` and requests more only if they were no whole record. It
/// encrypts while the channel is writable and keeps the rest as plaintext, up to `TransportLimits.pendingBytes`.
///
/// Like other handlers it belongs to an event loop and is not Sendable. Add it with
/// `SecureTransport.addServer/addClient` or `pipeline.syncOperations`.
public final class SecureTransportHandler: ChannelDuplexHandler {
    /// TLS records.
    public typealias InboundIn = ByteBuffer
    /// Plaintext.
    public typealias InboundOut = ByteBuffer
    /// Plaintext.
    public typealias OutboundIn = ByteBuffer
    /// TLS records.
    public typealias OutboundOut = ByteBuffer

    let tls: TLSContext
    let limits: TransportLimits
    let onFailure: (@Sendable (SecureTransportError) -> Void)?
    /// The place of the handshake at the listener's gate, until the handshake is over.
    var admission: HandshakeTicket?
    /// What has come before the gate lets TLS begin.
    var greeting = ByteBuffer()
    var hasGreeted = false
    /// The ClientHello is here, and the gate has not let TLS begin.
    var isWaiting: Bool { hasGreeted && connection == nil && lifecycle.phase == .handshaking }
    /// What waits for the peers of a listener, together.
    private let unread: UnreadPool?
    /// As much of it is this connection's.
    private var unreadShare = 0

    var context: ChannelHandlerContext?
    var connection: TLSConnection?
    var lifecycle = ConnectionLifecycle()
    /// The last second of this side's certificate, as it was when the connection began.
    var ownCertificateEnd = Int64.max
    /// Seconds since 1970; tests give their own.
    var wallClock: () -> Int64 = { Int64(time(nil)) }
    /// The channel has ended, so there is nothing to close.
    var isInactive = false

    // Inbound
    var plaintext = ByteBuffer()
    var isReading = false
    var wantsRead = false
    var stalledOutput = 0

    // Outbound
    var writes = PendingWrites()
    var isWriting = false
    var flushWanted = false
    /// close_notify and all data before it have been written to the socket.
    var outputFlushed = false
    var closePromise: EventLoopPromise<Void>?
    /// The end of output was requested while a piece was being written. It follows that piece.
    var endAfterWriting: EndOfOutput?

    // Timers
    var idle: IdleClock?
    var deadline: Scheduled<Void>?
    var idleCheck: Scheduled<Void>?
    var trimCheck: Scheduled<Void>?
    var lifetimeCheck: Scheduled<Void>?
    var usedSinceTrim = false

    /// - Parameters:
    ///   - tls: the side's settings. The connection uses the certificates that are current when it starts.
    ///   - limits: times and sizes.
    ///   - onFailure: called with the same error as the pipeline, for a listener's log.
    public convenience init(
        _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) {
        self.init(tls, limits: limits, admission: nil, unread: nil, onFailure: onFailure)
    }

    /// - Parameters:
    ///   - admission: the place of the handshake, released when the handshake is over. With one, the handshake waits
    ///     for `HandshakeTurn.start`.
    ///   - unread: the memory that all connections of a listener share for what their peers have not read.
    init(
        _ tls: TLSContext, limits: TransportLimits, admission: HandshakeTicket?, unread: UnreadPool?,
        onFailure: (@Sendable (SecureTransportError) -> Void)?
    ) {
        self.tls = tls
        self.limits = limits
        self.admission = admission
        self.unread = unread
        self.onFailure = onFailure
    }

    deinit { unread?.change(by: -unreadShare) }

    /// Whether as much may wait as does now.
    var mayWait: Bool {
        let excess = writes.excess
        return excess <= limits.pendingBytes && unread?.allows(holding: excess, having: unreadShare) ?? true
    }

    /// Brings the shared account up to date with what waits here. A connection whose peer keeps up never touches it.
    func settleUnread() {
        let excess = writes.isEmpty ? 0 : writes.excess
        guard excess != unreadShare else { return }
        unread?.change(by: excess - unreadShare)
        unreadShare = excess
    }

    /// The peer, once the handshake is done.
    public var peer: PeerIdentity? { connection?.peer }

    /// Starts the handshake if the channel is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    /// Ends the connection. Pending writes fail.
    public func handlerRemoved(context: ChannelHandlerContext) {
        release()
        self.context = nil
    }

    /// Starts the handshake. Later handlers may write immediately. Their data waits until the peer is verified.
    public func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Distinguishes an end without close_notify (`truncated`) from an orderly one.
    public func channelInactive(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        isInactive = true
        streamEnded()
        release()
        context.fireChannelInactive()
    }

    /// Handles the end of the socket's input. Other events are passed on.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let turn = event as? HandshakeTurn { return take(turn, context) }
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        // The end of the socket's input. For the application, close_notify is the end of data.
        deliverPlaintext(context)
        let wasFailed = lifecycle.phase == .failed
        streamEnded()
        if wasFailed { closeChannel() } else { closeIfFinished() }
    }

    private func streamEnded() {
        guard case .failure(let check) = lifecycle.streamEnded() else { return }
        let isAnswered = connection?.hasReceivedData ?? false
        fail(check == .truncated && tls.side == .client && !isAnswered ? .endedBeforeData : check)
    }

    /// Ends everything that this handler has started. The channel is not used afterwards.
    private func release() {
        lifecycle.closed()
        deadline?.cancel()
        idleCheck?.cancel()
        trimCheck?.cancel()
        lifetimeCheck?.cancel()
        (deadline, idleCheck, trimCheck, lifetimeCheck) = (nil, nil, nil, nil)
        admission = nil
        connection = nil
        plaintext = ByteBuffer()
        greeting = ByteBuffer()
        let closed = closePromise
        closePromise = nil
        for promise in writes.removeAll() { promise.fail(ChannelError.ioOnClosedChannel) }
        settleUnread()
        closed?.succeed(())
    }
}

// Belongs to one event loop.
@available(*, unavailable)
extension SecureTransportHandler: Sendable {}
