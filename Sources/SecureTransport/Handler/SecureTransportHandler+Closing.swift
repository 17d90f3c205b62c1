import NIOCore

extension SecureTransportHandler {
    /// `.all` sends what is pending and close_notify, waits for the peer to end too (`TransportLimits.closeTimeout`) and
    /// closes; `.output` sends close_notify and goes on reading; during the handshake only `.all` is possible.
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

    /// Sends what is pending, close_notify and the socket's end of output, then waits for the peer's end if the
    /// connection is to end as a whole.
    func endOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil) {
        writes.flush()
        guard !isWriting else {
            endAfterWriting = EndOfOutput(promise: promise)
            return
        }
        encryptWrites(all: true)
        // Handlers in front of this one may have closed the channel meanwhile.
        guard let connection, lifecycle.outputEnded, lifecycle.phase == .open || lifecycle.phase == .ending else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        // Left over only when OpenSSL waits for the rest of a message: it cannot be sent any more.
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

    /// An end of output that is to come.
    struct EndOfOutput {
        let promise: EventLoopPromise<Void>?
    }

    /// From here on the handler reads by itself, and not for ever.
    private func keepEnding(_ context: ChannelHandlerContext) {
        guard lifecycle.phase == .ending else { return }
        idle = nil
        if deadline == nil { setDeadline(limits.closeTimeout) { nil } }
        context.read()
    }

    /// Closes the channel once both directions have ended and the output has left.
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

    /// A check has failed: tell the application, tell the peer if OpenSSL has an alert for it, and close.
    func fail(_ check: SecureTransportError.Check) {
        guard let context else { return }
        guard lifecycle.fail() else {
            // While ending, what the peer does wrong no longer matters to the application.
            if lifecycle.phase == .ending { closeChannel() }
            return
        }
        deadline?.cancel()
        deadline = nil
        idle = nil
        let error = SecureTransportError(check, tls.side, context.channel)
        let alert = connection?.wire.takeOutput()
        let promises = writes.removeAll()
        onFailure?(error)
        for promise in promises { promise.fail(error) }
        context.fireErrorCaught(error)
        guard lifecycle.phase == .failed, let alert, context.channel.isActive else {
            closeChannel()
            return
        }
        // Closing now, with input unread, would make the kernel send a reset, which destroys the alert at the peer
        // (RFC 1122, 4.2.2.13). So only the output ends, and what still comes is thrown away for a while.
        setDeadline(limits.refusalLinger) { nil }
        context.writeAndFlush(wrapOutboundOut(alert), promise: nil)
        context.close(mode: .output, promise: nil)
        if lifecycle.phase == .failed { context.read() }
    }
}
