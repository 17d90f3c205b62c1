import NIOCore

extension SecureTransportHandler {
    /// Ciphertext handed to the channel in one piece, in bytes: eight full records.
    static let outputPiece = 8 * (TLSConnection.recordPayload + TLSConnection.recordOverhead)
    /// Unflushed plaintext from which on it is encrypted without waiting for the flush, so that the channel counts it.
    static let eagerBytes = 64 << 10

    /// Takes plaintext. The promise is kept when its ciphertext has been written to the socket.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard lifecycle.acceptsWrites else {
            let error: ChannelError = lifecycle.phase == .closed ? .ioOnClosedChannel : .outputClosed
            promise?.fail(error)
            return
        }
        let data = unwrapOutboundIn(data)
        guard writes.bytes + data.readableBytes <= limits.pendingBytes else {
            let check = SecureTransportError.Check.tooMuchPending(limit: limits.pendingBytes)
            promise?.fail(SecureTransportError(check, tls.side, context.channel))
            fail(check)
            return
        }
        writes.append(data, promise)
        if writes.bytes >= Self.eagerBytes {
            writes.flush()
            encryptWrites()
        }
    }

    /// Encrypts what was written so far and sends it.
    public func flush(context: ChannelHandlerContext) {
        writes.flush()
        flushWanted = true
        encryptWrites()
    }

    /// Goes on with writes that waited for the channel.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stalledOutput = 0
            encryptWrites()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Encrypts what was flushed, as long as the channel takes it.
    ///
    /// - Parameter all: all of it, also when the channel is not writable: the connection ends, and nothing can follow.
    func encryptWrites(all: Bool = false) {
        guard !isWriting, let context, let connection, lifecycle.phase == .open || all else { return }
        isWriting = true
        while writes.hasFlushed {
            guard context.channel.isWritable || all || endAfterWriting != nil else { break }
            guard encryptPiece(connection, context) else { break }
            if !context.channel.isWritable {
                // The channel counts what it holds until it is flushed: ask it to send before giving up.
                context.flush()
            }
        }
        isWriting = false
        noteUse()
        if let end = endAfterWriting {
            endAfterWriting = nil
            endOutput(context, end.promise)
            return
        }
        guard flushWanted, lifecycle.phase != .handshaking else { return }
        if !writes.hasFlushed { flushWanted = false }
        context.flush()
    }

    /// One piece of ciphertext to the channel; false when OpenSSL takes no more.
    private func encryptPiece(_ connection: TLSConnection, _ context: ChannelHandlerContext) -> Bool {
        let wire = connection.wire
        let estimate = min(writes.bytes, Self.outputPiece)
        let records = estimate / TLSConnection.recordPayload + 1
        wire.reserveOutput(min(estimate + records * TLSConnection.recordOverhead, Self.outputPiece))
        var promise: EventLoopPromise<Void>?
        var failure: SecureTransportError.Check?
        var goesOn = true
        filling: while writes.hasFlushed {
            let room =
                (Self.outputPiece - wire.outputBytes) / (TLSConnection.recordPayload + TLSConnection.recordOverhead)
            guard room > 0 else { break }
            switch writes.encryptFirst(
                atMost: room * TLSConnection.recordPayload, completed: &promise, { connection.write($0) })
            {
            case .written: break
            case .needsInput:
                goesOn = false
                break filling
            case .failed(let check):
                failure = check
                break filling
            }
        }
        if let output = wire.takeOutput() {
            context.write(wrapOutboundOut(output), promise: promise)
        } else {
            // Nothing but empty writes.
            promise?.succeed(())
        }
        if let failure {
            fail(failure)
            return false
        }
        return goesOn
    }
}
