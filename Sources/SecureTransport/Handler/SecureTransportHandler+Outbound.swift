import NIOCore

extension SecureTransportHandler {
    /// Ciphertext passed to the channel in one piece, in bytes: eight full records.
    static let outputPiece = 8 * (TLSConnection.recordPayload + TLSConnection.recordOverhead)
    /// Unflushed plaintext, in bytes, from which on it is encrypted before the flush, so that the channel counts it.
    static let eagerBytes = 64 << 10

    /// Receives plaintext. The promise succeeds when the ciphertext has been written to the socket.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard lifecycle.acceptsWrites else {
            let error: ChannelError = lifecycle.phase == .closed ? .ioOnClosedChannel : .outputClosed
            promise?.fail(error)
            return
        }
        let data = unwrapOutboundIn(data)
        let isFirst = writes.isEmpty
        writes.append(data, promise)
        guard isFirst || mayWait else {
            let check = SecureTransportError.Check.tooMuchPending(limit: limits.pendingBytes)
            fail(check)
            return
        }
        if writes.bytes >= Self.eagerBytes {
            writes.flush()
            encryptWrites()
        }
    }

    /// Encrypts and sends the data written so far.
    public func flush(context: ChannelHandlerContext) {
        writes.flush()
        flushWanted = true
        encryptWrites()
    }

    /// Continues with writes that waited for the channel.
    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stalledOutput = 0
            encryptWrites()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Encrypts flushed data while the channel is writable.
    ///
    /// - Parameter all: encrypts all of it even if the channel is not writable, because the connection ends.
    func encryptWrites(all: Bool = false) {
        guard !isWriting, let context, let connection, lifecycle.phase == .open || all else { return }
        isWriting = true
        while writes.hasFlushed {
            guard context.channel.isWritable || all || endAfterWriting != nil else { break }
            guard encryptPiece(connection, context) else { break }
            if !context.channel.isWritable {
                // The channel counts bytes as pending until they are flushed. Flush before giving up.
                context.flush()
            }
        }
        isWriting = false
        settleUnread()
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

    /// Passes one piece of ciphertext to the channel. Returns false if OpenSSL accepts no more.
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
            // There were only empty writes.
            promise?.succeed(())
        }
        if let failure {
            fail(failure)
            return false
        }
        return goesOn
    }
}
