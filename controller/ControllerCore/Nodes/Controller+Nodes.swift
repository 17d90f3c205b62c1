import NIOCore
import SessionStore
import TraceClock
import TraceProtocol

/// What agents send.
extension Controller {
    /// Watermarks of one node and session that come faster are dropped; ns.
    private static let markInterval: Int64 = 10_000_000

    /// A node has connected, for the first time or again.
    ///
    /// - Returns: for each session it still holds, from where to go on.
    func attach(_ link: NodeLink, _ hello: WireHello) -> [WireResumePoint] {
        let node = link.node
        if let old = node.link {
            var goodbye = WireGoodbye()
            goodbye.reason = .replaced
            goodbye.text =
                "node \(node.name) has connected again from \(link.channel.remoteAddress.map { "\($0)" } ?? "?")"
            if let frame = try? Frame(.goodbye, goodbye) { old.send(frame) }
            disconnected(old)
            old.channel.close(promise: nil)
        }
        // The trace clock starts anew with each boot.
        if node.hello.host.bootID != hello.host.bootID {
            if node.connectedSince != 0 { node.clockHistory.rebooted(at: epochOffset + now()) }
            node.clock = LiveClock()
            node.recentSamples.removeAll()
        }
        node.hello = hello
        node.vitals = nil
        node.link = link
        node.connectedSince = epochOffset + now()
        node.lastHeard = now()
        return resume(link, hello)
    }

    private func resume(_ link: NodeLink, _ hello: WireHello) -> [WireResumePoint] {
        let held = Dictionary(hello.sessions.map { ($0.session, $0) }, uniquingKeysWith: { $1 })
        for session in Array(sessions.values) {
            guard let index = session.index(of: link.node), session.flow.isLive(index) else { continue }
            if session.parts[index].incarnation != hello.incarnation {
                note(.restarted, "the agent was restarted; what it had not sent is gone", session, index)
                perform(session.flow.giveUp(index, "the agent was restarted"), session)
            } else if held[session.id] == nil {
                note(.gaveUp, "the agent has lost the session", session, index)
                perform(session.flow.giveUp(index, "the agent has lost the session"), session)
            } else {
                note(.returned, "", session, index)
                session.parts[index].lostAt = nil
                session.parts[index].lastHeard = now()
            }
        }
        return hello.sessions.map { held in
            var point = WireResumePoint()
            point.session = held.session
            if let session = sessions[held.session], let index = session.index(of: link.node),
                session.flow.isLive(index)
            {
                point.acknowledged = session.parts[index].durable
            } else {
                point.unknown = true
            }
            return point
        }
    }

    /// Orders again what was ordered while the node was away. Behind its `Welcome`: nothing may come before that.
    func orderAgain(_ link: NodeLink) {
        for session in sessions.values where session.flow.phase == .stopping {
            guard let index = session.index(of: link.node), session.flow.isLive(index) else { continue }
            command(.stop(WireStop()), session: session.id, on: link) { _ in }
        }
    }

    func received(_ frame: Frame, from link: NodeLink) throws {
        let now = now()
        // A connection that was replaced may still have frames in its pipeline.
        guard link.node.link === link else { return }
        link.node.lastHeard = now
        switch frame.type {
        case .batch, .metadata, .finish: try receivedNumbered(frame, from: link, now: now)
        case .watermark:
            let mark = try Watermark(frame)
            guard let (session, index) = part(mark.session, of: link) else {
                return discardStray(mark.session, of: link)
            }
            // Watermarks cost no credit, so their rate is bounded here.
            guard now - session.parts[index].lastMark >= Self.markInterval else { return }
            session.parts[index].lastMark = now
            append(frame, session, index, sequence: 0, now: now)
        case .counts: try receivedCounts(frame, from: link, now: now)
        case .clockReply: try receivedReply(ClockReplyFrame(frame), from: link, now: now)
        case .commandReply:
            let answer: WireCommandReply = try frame.message()
            link.pending.removeValue(forKey: answer.request)?(answer)
        case .vitals: link.node.observe(try frame.message() as WireVitals, now: now)
        case .ping: link.send(Frame(.pong, frame.body))
        case .goodbye:
            let goodbye: WireGoodbye = try frame.message()
            log.info("node leaves", metadata: ["node": "\(link.node.name)", "reason": "\(goodbye.text)"])
        default:
            if frame.type.isKnown, frame.type != .pong { throw ProtocolError.unexpected(frame.type, "from a node") }
        }
    }

    /// The part of a session from which something is still expected.
    func part(_ session: UInt64, of link: NodeLink) -> (LiveSession, Int)? {
        guard let session = sessions[session], let index = session.index(of: link.node),
            session.flow.expects(index)
        else { return nil }
        return (session, index)
    }

    /// The node goes on with a session, or with its part of one, that is over here: once is enough to tell it so.
    func discardStray(_ session: UInt64, of link: NodeLink) {
        if let live = sessions[session], let index = live.index(of: link.node), case .finished = live.flow.parts[index]
        {
            return
        }
        // A hostile node can name any number of sessions.
        guard link.strays.count < 1000, link.strays.insert(session).inserted else { return }
        command(.discard(WireDiscard()), session: session, on: link) { [weak link] _ in
            // Told once more if it does not heed.
            link?.strays.remove(session)
        }
    }

    private func receivedNumbered(_ frame: Frame, from link: NodeLink, now: Int64) throws {
        let bytes = frame.body.readableBytes
        try link.credit.spend(bytes)
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type)
        guard let (session, index) = part(number.session, of: link) else {
            grant(bytes, to: link)
            return discardStray(number.session, of: link)
        }
        // Before its number counts as taken: a malformed batch must not leave a hole.
        let header = frame.type == .batch ? try Batch(frame).header : nil
        guard try session.parts[index].tracker.receive(number.sequence) == .next else { return grant(bytes, to: link) }
        guard session.counts == nil else {
            return try receivedFinalCounts(frame, number.sequence, session, index, link)
        }
        link.node.outstanding += bytes
        // Only what brings the stream on counts: watermarks alone do not keep a stopped session open.
        session.parts[index].lastHeard = now
        if let header {
            link.node.traffic.bytes &+= UInt64(bytes)
            link.node.traffic.events &+= UInt64(header.events)
            session.parts[index].received[header.cpu, default: 0] &+= UInt64(header.events)
            if header.lost != BatchHeader.unknownLoss { link.node.traffic.lost &+= header.lost }
        }
        if frame.type == .finish { session.parts[index].finish = number.sequence }
        append(frame, session, index, sequence: number.sequence, now: now)
    }

    func grant(_ bytes: Int, to link: NodeLink) {
        link.credit.grant(bytes)
        link.send(CreditGrant(bytes: bytes).frame())
    }

    private func receivedReply(_ reply: ClockReplyFrame, from link: NodeLink, now: Int64) throws {
        // t1 is what this side remembers, not what the reply says.
        guard let sent = link.takeProbe(reply.id), sent == reply.probeSent else { return }
        let sample = ClockSampleFrame(t1: sent, t2: reply.received, t3: reply.sent, t4: now)
        link.node.observe(sample, epochOffset: epochOffset)
        for session in sessions.values where session.hasBegunLogs {
            guard let index = session.index(of: link.node), session.flow.isLive(index) else { continue }
            append(sample.frame(), session, index, sequence: 0, now: now)
        }
    }

    func disconnected(_ link: NodeLink) {
        guard link.node.link === link else { return }
        link.node.link = nil
        log.warning("node lost", metadata: ["node": "\(link.node.name)"])
        for session in Array(sessions.values) {
            guard let index = session.index(of: link.node) else { continue }
            if session.flow.isLive(index), session.flow.phase != .starting {
                note(.lost, "connection lost", session, index)
                session.parts[index].lostAt = now()
            } else {
                perform(session.flow.giveUp(index, "the connection was lost"), session)
            }
        }
        // Who waits for an answer need not wait for a time limit.
        var lost = WireCommandReply()
        lost.refusal = WireRefusal(.nodeLost, "the connection was lost")
        let pending = link.pending.values
        link.pending = [:]
        for answer in pending { answer(lost) }
        excludedProcessesChanged()
    }
}
