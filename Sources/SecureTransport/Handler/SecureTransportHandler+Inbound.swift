import NIOCore

extension SecureTransportHandler {
    /// The most plaintext passed on in one piece, in bytes.
    static let largestPiece = 128 << 10

    /// Decrypts, or continues the handshake.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard lifecycle.phase != .failed, lifecycle.phase != .closed else { return }
        var received = unwrapInboundIn(data)
        guard let connection else { return greet(&received) }
        idle?.heard(now: context.eventLoop.now)
        if connection.wire.inbound.readableBytes == 0 {
            connection.wire.inbound = received
        } else {
            // Only if a later handler makes the channel read inside of its channelRead.
            connection.wire.inbound.writeBuffer(&received)
        }
        consume(context)
    }

    /// Continues with all input: the handshake, or what follows it.
    func consume(_ context: ChannelHandlerContext) {
        guard let connection, !isReading else { return }
        isReading = true
        defer { isReading = false }
        if lifecycle.phase == .handshaking, !goOn(context) { return }
        decrypt(connection, context)
        noteUse()
    }

    /// Passes on the plaintext of this burst, and reads again if there was no whole record.
    public func channelReadComplete(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        context.fireChannelReadComplete()
        // The outstanding read has not received a whole record, or the handler itself is waiting.
        if lifecycle.readsOnItsOwn, !isWaiting {
            context.read()
        } else if wantsRead, lifecycle.phase == .open {
            idle?.listen(now: context.eventLoop.now)
            context.read()
        }
    }

    /// Reads records. The request is remembered until plaintext has been passed on.
    public func read(context: ChannelHandlerContext) {
        wantsRead = true
        // A connection that waits at the gate takes no more than its ClientHello.
        guard !isWaiting else { return }
        idle?.listen(now: context.eventLoop.now)
        context.read()
    }

    /// Decrypts all input. Plaintext is joined into pieces of up to `largestPiece`, even over several calls. The rest
    /// is passed on at the end of the channel's burst.
    private func decrypt(_ connection: TLSConnection, _ context: ChannelHandlerContext) {
        connection.wire.taken = 0
        reading: while lifecycle.phase == .open || lifecycle.phase == .ending {
            makeRoom(connection, context)
            var step = TLSConnection.ReadStep.needsInput
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { target in
                step = connection.read(into: target)
                if case .data(let count) = step { return count }
                return 0
            }
            switch step {
            case .data:
                if !lifecycle.deliversData { plaintext.clear() }
            case .needsInput:
                break reading
            case .ended:
                deliverPlaintext(context)
                peerEnded(context)
                break reading
            case .failed(let check):
                deliverPlaintext(context)
                fail(check)
                return
            }
        }
        sendAnswers(context)
        // A write may have waited for the rest of a message from the peer.
        if writes.hasFlushed, !isWriting { encryptWrites() }
    }

    /// Makes `plaintext` large enough for the input, and no larger if the input is small, because many connections only
    /// ever send keepalives.
    private func makeRoom(_ connection: TLSConnection, _ context: ChannelHandlerContext) {
        if plaintext.writableBytes > 0, plaintext.readableBytes > 0 { return }
        let expected = connection.wire.inbound.readableBytes + connection.wire.taken + connection.pendingPlaintext
        if plaintext.readableBytes >= Self.largestPiece { deliverPlaintext(context) }
        if plaintext.readableBytes == 0 {
            plaintext.clear(minimumCapacity: min(max(expected, 256), Self.largestPiece))
        } else {
            plaintext.reserveCapacity(min(plaintext.readableBytes + max(expected, 256), Self.largestPiece))
        }
    }

    /// Passes the decrypted bytes on.
    func deliverPlaintext(_ context: ChannelHandlerContext) {
        guard plaintext.readableBytes > 0 else { return }
        guard lifecycle.deliversData else {
            plaintext.clear()
            return
        }
        wantsRead = false
        let piece = plaintext
        // `clear(minimumCapacity:)` reuses the storage if no later handler keeps it.
        plaintext.moveReaderIndex(to: plaintext.writerIndex)
        context.fireChannelRead(wrapInboundOut(piece))
    }

    private func peerEnded(_ context: ChannelHandlerContext) {
        let option = try? context.channel.syncOptions?.getOption(ChannelOptions.allowRemoteHalfClosure)
        switch lifecycle.peerEnded(halfClosureAllowed: option ?? false) {
        case .reportHalfClosure: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .endOutput: endOutput(context)
        case .closeWhenFlushed: closeIfFinished()
        case .nothing: break
        }
    }

    /// Sends OpenSSL's own messages: handshake, key updates, alerts. They are bounded, because a peer could request
    /// many and never read them, which would fill the channel's buffer.
    func sendAnswers(_ context: ChannelHandlerContext) {
        guard let connection, !isWriting, let output = connection.wire.takeOutput() else { return }
        stalledOutput = context.channel.isWritable ? 0 : stalledOutput + output.readableBytes
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if stalledOutput > limits.handshakeBytes { fail(.peerNotReading) }
    }
}
