import NIOCore

extension SecureTransportHandler {
    /// `.all` sends pending data and close_notify, waits for the peer to end too (`TransportLimits.closeTimeout`) and
    /// closes. `.output` sends close_notify and continues to read. During the handshake only `.all` is possible.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch lifecycle.closeRequested(mode) {
        case .closeChannel:
            context.close(mode: .all, promise: promise)
        case .passOn:
            context.close(mode: mode, promise: promise)
        case .endOutput(let all):
            if all {
                closePromise.setOrCascade(to: promise)
                endOutput(context)
            } else {
                endOutput(context, promise)
            }
        case .wait:
            closePromise.setOrCascade(to: promise)
            keepEnding(context)
        case .refuse(let error):
            promise?.fail(error)
        }
    }

    /// `SecureTransport.Abandon` closes the channel at once. Other events are passed on.
    public func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is SecureTransport.Abandon else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        closeChannel()
        promise?.succeed(())
    }

    /// Sends pending data and close_notify and ends the socket's output. If the whole connection ends, it then waits
    /// for the peer's end.
    func endOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil) {
        writes.flush()
        guard !isWriting else {
            endAfterWriting = EndOfOutput(promise: promise)
            return
        }
        encryptWrites(all: true)
        // Handlers before this one may have closed the channel meanwhile.
        guard let connection, lifecycle.outputEnded, lifecycle.phase == .open || lifecycle.phase == .ending else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        // Data is only left if OpenSSL waits for the rest of a message. It can no longer be sent.
        let error = SecureTransportError(.truncated, tls.side, context.channel)
        for promise in writes.removeAll() { promise.fail(error) }
        connection.endOutput()
        keepEnding(context)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [weak self] _ in
            self?.outputFlushed = true
            self?.closeIfFinished()
        }
        if let output = connection.wire.takeOutput() {
            context.writeAndFlush(wrapOutboundOut(output), promise: sent)
        } else {
            context.flush()
            sent.succeed(())
        }
        if lifecycle.phase != .closed { context.close(mode: .output, promise: promise) } else { promise?.succeed(()) }
    }

    /// An end of output that has not been sent yet.
    struct EndOfOutput {
        let promise: EventLoopPromise<Void>?
    }

    /// From now on the handler reads by itself, with a deadline.
    private func keepEnding(_ context: ChannelHandlerContext) {
        guard lifecycle.phase == .ending else { return }
        idle = nil
        if deadline == nil { setDeadline(limits.closeTimeout) { nil } }
        context.read()
    }

    /// Closes the channel when both directions have ended and the output has been written.
    func closeIfFinished() {
        guard lifecycle.phase == .ending, lifecycle.inputEnded, outputFlushed else { return }
        closeChannel()
    }

    func closeChannel() {
        guard let context, lifecycle.phase != .closed else { return }
        lifecycle.closed()
        guard !isInactive else { return }
        let promise = closePromise
        closePromise = nil
        context.close(mode: .all, promise: promise)
    }

    /// A check has failed. Tells the application and, if OpenSSL has an alert, the peer. Then closes.
    func fail(_ check: SecureTransportError.Check) {
        guard let context else { return }
        guard lifecycle.fail() else {
            // While the connection is ending, errors of the peer do not concern the application.
            if lifecycle.phase == .ending { closeChannel() }
            return
        }
        deadline?.cancel()
        deadline = nil
        idle = nil
        let error = SecureTransportError(check, tls.side, context.channel)
        let alert = connection?.wire.takeOutput()
        let promises = writes.removeAll()
        settleUnread()
        onFailure?(error)
        for promise in promises { promise.fail(error) }
        context.fireErrorCaught(error)
        guard lifecycle.phase == .failed, let alert, context.channel.isActive else {
            closeChannel()
            return
        }
        // If the socket were closed now with unread input, the kernel would send a reset, which destroys the alert at
        // the peer (RFC 1122, 4.2.2.13). So only the output ends, and input is discarded for a while.
        setDeadline(limits.refusalLinger) { nil }
        context.writeAndFlush(wrapOutboundOut(alert), promise: nil)
        context.close(mode: .output, promise: nil)
        if lifecycle.phase == .failed { context.read() }
    }
}
