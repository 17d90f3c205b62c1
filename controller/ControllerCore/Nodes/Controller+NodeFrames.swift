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
        case .batch, .metadata, .finish: try receiveNumbered(frame, from: link, at: now)
        case .watermark:
            let watermark = try Watermark(frame)
            guard let (session, index) = part(watermark.session, of: link) else {
                return discardStray(watermark.session, of: link)
            }
            session.receive(watermark, frame, index, at: now)
        case .counts:
            let totals: WireCountTotals = try frame.message()
            guard let (session, index) = part(totals.session, of: link) else {
                return discardStray(totals.session, of: link)
            }
            try session.receiveCounts(totals, index, at: now)
        case .clockReply: try receiveReply(ClockReplyFrame(frame), from: link, at: now)
        case .commandReply: link.receive(try frame.message() as WireCommandReply, at: now)
        case .vitals: link.node.observe(try frame.message() as WireVitals, now: now)
        case .ping: link.send(Frame(.pong, frame.body))
        case .goodbye:
            let goodbye: WireGoodbye = try frame.message()
            log.info("node leaves", metadata: ["node": "\(link.node.name)", "reason": "\(goodbye.text)"])
        default:
            if frame.type.isKnown, frame.type != .pong { throw ProtocolError.unexpected(frame.type, "from a node") }
        }
    }

    private func receiveNumbered(_ frame: Frame, from link: NodeLink, at now: MonotonicRawInstant) throws {
        let bytes = frame.body.readableBytes
        try link.credit.spend(bytes)
        link.lastStreamed = now
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type)
        guard let (session, index) = part(number.session, of: link) else {
            link.grant(bytes)
            return discardStray(number.session, of: link)
        }
        // Before its sequence number counts as received: a malformed batch must not leave a hole.
        let batch = frame.type == .batch ? try Batch(frame).header : nil
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
    private func discardStray(_ id: UInt64, of link: NodeLink) {
        if let session = sessions[id], let index = session.index(of: link.node), session.isFinished(index) { return }
        // A hostile node can name any number of sessions.
        guard link.strays.count < 1000, link.strays.insert(id).inserted else { return }
        link.command(.discard(WireDiscard()), session: id) { [weak link] _ in
            // Told once more if it goes on all the same.
            link?.strays.remove(id)
        }
    }
}
