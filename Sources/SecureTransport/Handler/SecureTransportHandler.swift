import NIOCore

/// Mutual TLS 1.3 over a byte stream.
///
/// The first handler of a connection's pipeline. Behind it flows plaintext, in front of it TLS records. It fires
/// `SecureTransportEvent.handshakeCompleted` once the peer is known; nothing of the peer's comes before that, and what is
/// written earlier waits. The peer's end of data is `ChannelEvent.inputClosed` when the channel allows remote half
/// closure, and otherwise closes the connection. Every failure is fired as a `SecureTransportError`, once, and closes it.
///
/// Back-pressure: it decrypts what one `read()` brought and asks for more only when that was no whole record. It
/// encrypts as long as the channel is writable and holds the rest as plaintext, up to `TransportLimits.pendingBytes`.
///
/// An event loop's handler like any other: not Sendable, to be added with `SecureTransport.addServer/addClient` or
/// `pipeline.syncOperations`.
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
    var admission: HandshakeTicket?

    var context: ChannelHandlerContext?
    var connection: TLSConnection?
    var lifecycle = ConnectionLifecycle()
    /// The channel has ended: there is nothing to close.
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
    /// close_notify and all before it have left this process.
    var outputFlushed = false
    var closePromise: EventLoopPromise<Void>?
    /// The end of output was asked for while a piece was being written: it follows that piece.
    var endAfterWriting: EndOfOutput?

    // Timers
    var idle: IdleClock?
    var deadline: Scheduled<Void>?
    var idleCheck: Scheduled<Void>?
    var trimCheck: Scheduled<Void>?
    var usedSinceTrim = false

    /// - Parameters:
    ///   - tls: the side's settings; the newest certificates are taken when the connection begins.
    ///   - limits: times and sizes.
    ///   - admission: the place among the handshakes under way, given back when the handshake is over.
    ///   - onFailure: told the same error as the pipeline, for a listener's log.
    public init(
        _ tls: TLSContext, limits: TransportLimits = TransportLimits(), admission: HandshakeTicket? = nil,
        onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) {
        self.tls = tls
        self.limits = limits
        self.admission = admission
        self.onFailure = onFailure
    }

    /// The peer, once the handshake is done.
    public var peer: PeerIdentity? { connection?.peer }

    /// Begins the handshake when the channel is active already.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    /// Ends everything; what was pending fails.
    public func handlerRemoved(context: ChannelHandlerContext) {
        release()
        self.context = nil
    }

    /// Begins the handshake. Handlers behind may write at once: it waits until the peer is verified.
    public func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Tells an end without close_notify (`truncated`) from an orderly one.
    public func channelInactive(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        isInactive = true
        streamEnded()
        release()
        context.fireChannelInactive()
    }

    /// Takes the end of the socket's input as what it means for TLS; other events pass.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        // The end of the socket's input. The application hears of the end of data from close_notify.
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

    /// Ends everything this handler has begun. Nothing is called on the channel any more.
    private func release() {
        lifecycle.closed()
        deadline?.cancel()
        idleCheck?.cancel()
        trimCheck?.cancel()
        (deadline, idleCheck, trimCheck) = (nil, nil, nil)
        admission = nil
        connection = nil
        plaintext = ByteBuffer()
        let closed = closePromise
        closePromise = nil
        for promise in writes.removeAll() { promise.fail(ChannelError.ioOnClosedChannel) }
        closed?.succeed(())
    }
}

// Lives on one event loop.
@available(*, unavailable)
extension SecureTransportHandler: Sendable {}
