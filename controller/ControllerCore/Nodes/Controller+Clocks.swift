import SystemFacts
import TraceProtocol

/// Measuring the nodes' clocks, and their rates.
extension Controller {
    /// Called every 50 ms.
    func probeClocks() {
        var busy = Set<ObjectIdentifier>()
        for session in sessions.values { busy.formUnion(session.members) }
        for node in nodes.values {
            guard let link = node.link else { continue }
            // A burst at first finds the quiet moment that makes a narrow bound. Without a good probe a bound of
            // ±500 ppm widens by 50 us in 100 ms, so nodes that record are probed often, as far as their number allows.
            let period = link.probeCount < 10 ? 1 : busy.contains(ObjectIdentifier(node)) ? 1 + busy.count / 64 : 20
            // Not all at once: replies that wait behind each other widen each other's bounds.
            if (ticks + link.phase) % period == 0 { link.probe(now: time.now()) }
        }
    }

    func receiveReply(_ reply: ClockReplyFrame, from link: NodeLink, at now: MonotonicRawInstant) throws {
        // t1 is what this side remembers, not what the reply says.
        guard let sent = try link.removeProbe(reply.id), sent.nanoseconds == reply.probeSent else { return }
        let sample = ClockSampleFrame(
            t1: sent.nanoseconds, t2: reply.received, t3: reply.sent, t4: now.nanoseconds)
        link.node.observe(sample, origin: time.origin)
        for session in sessions.values {
            if let index = session.index(of: link.node) { session.observe(sample, index, at: now) }
        }
    }

    /// Called about every second.
    func measureNodes(now: MonotonicRawInstant) {
        let origin = time.origin
        for node in nodes.values { node.measure(now: now, origin: origin) }
    }
}
