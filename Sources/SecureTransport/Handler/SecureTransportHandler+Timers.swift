import NIOCore

extension SecureTransportHandler {
    /// An idle connection keeps storage up to this many bytes.
    private static let keptStorage = 1 << 10
    /// The time for which unused storage is kept.
    private static let trimDelay = TimeAmount.seconds(1)

    /// Sets the deadline of the current phase. When it passes, `check` has failed, or without one the channel closes.
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

    /// The time for a last message after a certificate has ended.
    private static let farewell = TimeAmount.seconds(2)

    /// The first look is after a moment: a client whose certificate has ended already learns it from the server.
    func startLifetime(_ lifetime: CertificateLifetime, _ context: ChannelHandlerContext) {
        lifetimeCheck = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            self?.checkLifetime(lifetime)
        }
    }

    /// Ends the connection when a certificate does.
    func checkLifetime(_ lifetime: CertificateLifetime) {
        guard let context, lifecycle.phase == .open else { return }
        switch lifetime.verdict(now: wallClock()) {
        case .checkIn(let delay):
            lifetimeCheck = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
                self?.checkLifetime(lifetime)
            }
        case .ended(let isOwn):
            let check = SecureTransportError.Check.endedWhileOpen(isOwn: isOwn)
            setDeadline(Self.farewell) { check }
            context.fireUserInboundEventTriggered(
                SecureTransportEvent.certificateEnded(SecureTransportError(check, tls.side, context.channel)))
        }
    }

    /// Buffers were used. Schedules the release of their storage for when they are unused for a while. So a busy
    /// connection does not allocate, and an idle one holds no memory.
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
