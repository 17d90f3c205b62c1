import NIOCore
import SecureTransport
import SystemFacts
import TraceProtocol

/// Frames from the controller.
extension Agent {
    func received(_ frame: Frame) throws {
        lease.heard(now: now())
        guard isAccepted || frame.type == .welcome || frame.type == .goodbye else {
            throw ProtocolError.unexpected(frame.type, "before Welcome")
        }
        switch frame.type {
        case .clockProbe: try replyToProbe(ClockProbeFrame(frame))
        case .acknowledge: try acknowledge(Acknowledgement(frame).number)
        case .credit:
            credit.grant(try CreditGrant(frame).bytes)
            pump()
        case .rewind: try rewind(Rewind(frame).number)
        case .command: perform(try frame.message())
        case .welcome: try welcome(frame.message())
        case .goodbye: goodbye = try frame.message()
        case .ping: channel?.writeAndFlush(Frame(.pong, frame.body), promise: nil)
        // A newer controller's frame is ignored.
        default: break
        }
    }

    private func replyToProbe(_ probe: ClockProbeFrame) {
        let received = now().nanoseconds
        let reply = ClockReplyFrame(
            id: probe.id, probeSent: probe.sent, received: received, sent: now().nanoseconds)
        channel?.writeAndFlush(reply.frame(), promise: nil)
    }

    /// Clock probes may come by UDP too. Where that is not possible they come over the connection, as they do anyway.
    private func respondByDatagrams() {
        guard let channel, let address = channel.remoteAddress, let keys = SecureTransport.datagramKeys(of: channel)
        else { return }
        do {
            responder = try ProbeResponder(to: address, keys: keys, rate: configuration.budget.clockReplies)
        } catch {
            log.notice("clock probes come over the connection alone", metadata: ["reason": "\(error)"])
        }
    }

    private func welcome(_ welcome: WireWelcome) throws {
        guard !isAccepted else { throw ProtocolError.unexpected(.welcome, "a second time") }
        try check(welcome)
        isAccepted = true
        wasAccepted = true
        credit = Credit(balance: Int(clamping: welcome.credit))
        standstill.sent(now: now())
        if welcome.leaseMs > 0 { lease.duration = .milliseconds(Int64(welcome.leaseMs)) }
        grace.follow(lease: lease.duration)
        countsCost = welcome.capabilities.contains(Negotiation.Capability.countCredit)
        reportsProgress = welcome.capabilities.contains(Negotiation.Capability.progress)
        codec.use(Negotiation.codec(welcome.capabilities))
        if welcome.capabilities.contains(Negotiation.Capability.udpProbes) { respondByDatagrams() }
        log.info("connected", metadata: ["as": "\(welcome.identity)", "controller": "\(welcome.software)"])
        for point in welcome.resume {
            guard let session = sessions[point.session] else { continue }
            if point.unknown {
                log.notice(
                    "the controller no longer knows a session", metadata: ["session": "\(hex(point.session))"])
                discard(point.session)
            } else if let inherited = session.inherited {
                resume(point, inherited)
            } else {
                try session.stream.resume(after: point.acknowledged)
            }
        }
        pump()
        sendVitals()
    }

    /// What a controller may state has limits, whoever it is.
    private func check(_ welcome: WireWelcome) throws(ProtocolError) {
        let lease = Duration.milliseconds(Int64(welcome.leaseMs))
        guard welcome.leaseMs == 0 || configuration.budget.lease.contains(lease) else {
            let range = configuration.budget.lease
            throw .malformed(
                .welcome,
                "a lease of \(welcome.leaseMs) ms (\(range.lowerBound.components.seconds) s to "
                    + "\(range.upperBound.components.seconds) s)")
        }
        guard welcome.credit <= UInt64(Credit.maximum) else {
            throw .malformed(.welcome, "a credit of \(welcome.credit) bytes")
        }
    }

    /// The controller could not store what it had received: nothing is sent until it can, and then all of that again.
    private func rewind(_ number: StreamNumber) throws {
        guard let session = sessions[number.session] else { return }
        if number.sequence == Rewind.hold {
            session.stream.hold()
        } else {
            try session.stream.resume(after: number.sequence)
        }
        pump()
    }

    private func acknowledge(_ number: StreamNumber) throws {
        guard let session = sessions[number.session] else { return }
        defer { if isHandingOver { idleIfDelivered() } }
        try session.stream.acknowledge(number.sequence)
        prove()
        dropIfDelivered(number.session)
    }

    /// Forgets a session whose last frame has been acknowledged. Its instance may be removed after that or before.
    func dropIfDelivered(_ id: UInt64) {
        guard let session = sessions[id], session.isFinished, session.stream.isAcknowledged else { return }
        sessions[id] = nil
        session.stream.removeFromDisk()
        forgetForGood(id)
        trim.released(at: now())
        idleIfDelivered()
    }

    /// No successor has to know of it.
    func forgetForGood(_ id: UInt64) {
        kernel.journal?.write(.over(WireSessionOver()), session: id)
        kernel.journal?.folder.removeFrames(of: id)
    }

    /// Ends the wait for the controller to have everything.
    func idleIfDelivered() {
        guard let onIdle, sessions.values.allSatisfy({ isHandingOver && $0.isInheritable && $0.stream.isAcknowledged })
        else { return }
        self.onIdle = nil
        onIdle.succeed()
    }
}
