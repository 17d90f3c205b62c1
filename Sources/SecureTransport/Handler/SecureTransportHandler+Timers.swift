import NIOCore

extension SecureTransportHandler {
    /// Storage below this many bytes is kept on idle connections.
    private static let keptStorage = 1 << 10
    /// How long unused storage is kept.
    private static let trimDelay = TimeAmount.seconds(1)

    /// Sets the one deadline of the current phase: when it passes, `check` is what failed, or the channel just closes.
    func setDeadline(_ delay: TimeAmount, _ check: @escaping () -> SecureTransportError.Check?) {
        guard let context else { return }
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            guard let self else { return }
            self.deadline = nil
            if let check = check() { self.fail(check) } else { self.closeChannel() }
        }
    }

    func startIdleClock(_ context: ChannelHandlerContext) {
        guard let limit = limits.idleTimeout else { return }
        let now = context.eventLoop.now
        var clock = IdleClock(limit: limit, now: now)
        if wantsRead { clock.listen(now: now) }
        idle = clock
        checkIdle(at: now + limit, context)
    }

    private func checkIdle(at time: NIODeadline, _ context: ChannelHandlerContext) {
        idleCheck = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
            guard let self, let context = self.context, let idle = self.idle else { return }
            switch idle.verdict(now: context.eventLoop.now) {
            case .checkAt(let next): self.checkIdle(at: next, context)
            case .expired: self.fail(.idleTimeout(milliseconds: idle.limit.nanoseconds / 1_000_000))
            }
        }
    }

    /// Buffers were used: give their storage back when they have not been for a while. A busy connection allocates
    /// nothing, an idle one holds nothing.
    func noteUse() {
        usedSinceTrim = true
        guard trimCheck == nil, let context, lifecycle.phase == .open, holdsStorage else { return }
        checkTrim(context)
    }

    private var holdsStorage: Bool {
        guard let wire = connection?.wire else { return false }
        return plaintext.capacity > Self.keptStorage || wire.outbound.capacity > Self.keptStorage
            || wire.inbound.capacity > Self.keptStorage
    }

    private func checkTrim(_ context: ChannelHandlerContext) {
        usedSinceTrim = false
        trimCheck = context.eventLoop.assumeIsolated().scheduleTask(in: Self.trimDelay) { [weak self] in
            guard let self, let context = self.context, let connection = self.connection else { return }
            self.trimCheck = nil
            if self.usedSinceTrim {
                self.checkTrim(context)
                return
            }
            if self.plaintext.readableBytes == 0 { self.plaintext = ByteBuffer() }
            connection.wire.trim()
        }
    }
}
