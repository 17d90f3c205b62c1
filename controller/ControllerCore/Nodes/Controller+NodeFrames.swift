import Logging
import SystemFacts
import TraceProtocol

/// What agents send, routed to the sessions that it belongs to.
extension Controller {
    func receive(_ frame: Frame, from link: NodeLink) throws {
        let now = time.now()
        // A connection that was replaced may still have frames in its pipeline.
        guard link.node.link === link else { return }
        link.node.lastHeard = now
        if link.node.newcomer != nil { olderAnswered(link.node) }
        switch frame.type {
        case .batch, .metadata, .finish, .loss: try receiveNumbered(frame, from: link, at: now)
        case .watermark:
            try link.node.allowance.unnumbered(frame, sessions: link.node.sessionCount, now: now)
            let id = try Watermark.session(of: frame)
            guard let (session, index) = part(id, of: link) else { return try discardStray(id, of: link, at: now) }
            session.receive(try Watermark(frame), frame, index, at: now)
        case .counts:
            try link.node.allowance.unnumbered(frame, sessions: link.node.sessionCount, now: now)
            if link.countsCost {
                try link.credit.spend(frame.body.readableBytes)
                // Nothing of it waits once it has been looked at.
                link.grant(frame.body.readableBytes)
            }
            let id = try frame.messageNumber(1)
            guard let (session, index) = part(id, of: link) else { return try discardStray(id, of: link, at: now) }
            try session.receiveCounts(frame, index, at: now)
        case .clockReply: try receiveReply(ClockReplyFrame(frame), from: link, at: now)
        case .commandReply: try link.receiveReply(frame, at: now)
        case .vitals:
            try link.node.allowance.vitals(now: now)
            link.node.observe(try frame.message() as WireVitals, now: now)
        case .ping:
            try link.node.allowance.ping(now: now)
            link.send(Frame(.pong, frame.body))
        case .goodbye:
            let goodbye: WireGoodbye = try frame.message()
            let text = goodbye.text.prefix(budget.connection.text)
            logAbout(link, .info, "node leaves", ["reason": "\(text)"])
            // Whichever side looks at its clock first, the sessions learn why.
            if goodbye.reason == .certificateEnded { link.endReason = "the node says: \(text)" }
        case .pong: if !link.owesPong() { try link.node.allowance.ping(now: now) }
        default:
            if frame.type.isKnown { throw ProtocolError.unexpected(frame.type, "from a node") }
            try link.node.allowance.unknown(now: now)
        }
    }

    private func receiveNumbered(_ frame: Frame, from link: NodeLink, at now: MonotonicRawInstant) throws {
        let bytes = frame.body.readableBytes
        try link.credit.spend(bytes)
        link.lastStreamed = now
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type)
        guard let (session, index) = part(number.session, of: link) else {
            try link.node.allowance.stray(bytes, now: now)
            link.grant(bytes)
            return try discardStray(number.session, of: link, at: now)
        }
        // Before its sequence number counts as received: a malformed batch must not leave a hole.
        let batch = frame.type == .batch ? try Batch(frame).header : nil
        if frame.type == .loss { _ = try WireStreamLoss(frame) }
        if session.parts[index].pause != nil {
            if link.canRewind { link.grant(bytes) }
            return
        }
        guard try session.parts[index].tracker.receive(number.sequence) == .next else { return link.grant(bytes) }
        try session.receive(frame, batch, sequence: number.sequence, index, at: now)
    }

    /// The node's part in a session, if something is still expected of it.
    private func part(_ id: UInt64, of link: NodeLink) -> (Session, Int)? {
        guard let session = sessions[id], let index = session.index(of: link.node), session.flow.expects(index) else {
            return nil
        }
        return (session, index)
    }

    /// The node goes on with a session, or with its part of one, that is over here: it is told so, once.
    private func discardStray(_ id: UInt64, of link: NodeLink, at now: MonotonicRawInstant) throws(OverBudget) {
        if let session = sessions[id], let index = session.index(of: link.node), session.isFinished(index) { return }
        // A hostile node can name any number of sessions.
        guard link.strays.insert(id).inserted else { return }
        guard link.strays.count <= budget.node.straySessionsAtOnce else {
            throw OverBudget("it holds more than \(budget.node.straySessionsAtOnce) sessions that are not there")
        }
        try link.node.allowance.straySession(now: now)
        link.command(.discard(WireDiscard()), session: id) { [weak link] _ in
            // Told once more if it goes on all the same.
            link?.strays.remove(id)
        }
    }
}
