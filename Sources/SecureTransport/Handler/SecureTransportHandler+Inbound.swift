import NIOCore

extension SecureTransportHandler {
    /// The most plaintext handed on in one piece, in bytes.
    static let largestPiece = 128 << 10

    /// Decrypts, or goes on with the handshake.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let connection, lifecycle.phase != .failed, lifecycle.phase != .closed else { return }
        var received = unwrapInboundIn(data)
        idle?.heard(now: context.eventLoop.now)
        if connection.wire.inbound.readableBytes == 0 {
            connection.wire.inbound = received
        } else {
            // Only when a handler behind this one makes the channel read inside its own channelRead.
            connection.wire.inbound.writeBuffer(&received)
        }
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        if lifecycle.phase == .handshaking, !goOn(context) { return }
        decrypt(connection, context)
        noteUse()
    }

    /// Hands on what this burst yielded, and reads again when that was no whole record.
    public func channelReadComplete(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        context.fireChannelReadComplete()
        // No whole record has come for the read that is outstanding, or the handler itself is waiting.
        if lifecycle.readsOnItsOwn {
            context.read()
        } else if wantsRead, lifecycle.phase == .open {
            idle?.listen(now: context.eventLoop.now)
            context.read()
        }
    }

    /// Reads records; remembered until plaintext has gone on.
    public func read(context: ChannelHandlerContext) {
        wantsRead = true
        idle?.listen(now: context.eventLoop.now)
        context.read()
    }

    /// Decrypts all input. What it yields is joined into pieces of up to `largestPiece`, also over several calls: the
    /// rest goes on at the end of the channel's burst.
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
        // A write may have waited for the rest of a message of the peer's.
        if writes.hasFlushed, !isWriting { encryptWrites() }
    }

    /// Makes `plaintext` as large as the input can yield, but for small ones no larger: there are many connections that
    /// only ever say that they live.
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

    /// Hands on what is decrypted.
    func deliverPlaintext(_ context: ChannelHandlerContext) {
        guard plaintext.readableBytes > 0 else { return }
        guard lifecycle.deliversData else {
            plaintext.clear()
            return
        }
        wantsRead = false
        let piece = plaintext
        // The storage is used again if nobody behind keeps it: `clear(minimumCapacity:)` finds out.
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

    /// Sends what OpenSSL has to say by itself: handshake messages, key updates, alerts. A peer that makes it talk and
    /// never reads would fill the channel's buffer.
    func sendAnswers(_ context: ChannelHandlerContext) {
        guard let connection, !isWriting, let output = connection.wire.takeOutput() else { return }
        stalledOutput = context.channel.isWritable ? 0 : stalledOutput + output.readableBytes
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if stalledOutput > limits.handshakeBytes { fail(.peerNotReading) }
    }
}
