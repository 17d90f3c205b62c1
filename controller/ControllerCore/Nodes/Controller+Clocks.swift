import SecureTransport
import SystemFacts
import TraceProtocol

/// Measuring the nodes' clocks, and their rates.
extension Controller {
    /// Called every 50 ms.
    func probeClocks() {
        var busy = Set<ObjectIdentifier>()
        for session in sessions.values { busy.formUnion(session.members) }
        let now = time.now()
        // Nodes that record are probed often, as far as their number allows: without a good probe a bound of ±500 ppm
        // widens by 50 us in 100 ms.
        let shared = 1 + busy.count / 64
        for node in nodes.values {
            guard let link = node.link else { continue }
            let isBusy = busy.contains(ObjectIdentifier(node))
            link.quietPath?.keep(isBusy ? pace(of: node).slowed(by: shared) : .idle)
            let isQuiet = observeQuietPath(of: link, at: now)
            // A burst at first finds the quiet moment that makes a narrow bound. What comes by UDP is better than what
            // shares the connection with events; one a second keeps the agent's lease and shows that the connection works.
            let period = isQuiet ? 20 : link.probeCount < 10 ? 1 : isBusy ? shared : 20
            // Not all at once: replies that wait behind each other widen each other's bounds.
            if (ticks + link.phase) % period == 0 { link.probe(now: now) }
        }
    }

    /// Probes by UDP of a node that records.
    private func pace(of node: Node) -> ProbePace {
        let isQuick = node.shortestRoundTrip.map { $0 < .microseconds(100) } ?? false
        return isQuick ? .quick : .recording
    }

    func receiveReply(_ reply: ClockReplyFrame, from link: NodeLink, at now: MonotonicRawInstant) throws {
        // t1 is what this side remembers, not what the reply says.
        guard let sent = try link.removeProbe(reply.id), sent.nanoseconds == reply.probeSent else { return }
        observe(
            ClockSampleFrame(t1: sent.nanoseconds, t2: reply.received, t3: reply.sent, t4: now.nanoseconds), of: link,
            at: now)
    }

    /// An answered probe of a node.
    private func observe(_ sample: ClockSampleFrame, of link: NodeLink, at now: MonotonicRawInstant) {
        let isBreak = link.node.observe(sample, origin: time.origin)
        // What comes after a break is a new clock, of which nothing is known.
        if isBreak { link.quietPath?.beginBurst() }
        for session in sessions.values {
            if let index = session.index(of: link.node) { session.observe(sample, index, at: now) }
        }
    }

    /// Called about every second.
    func measureNodes(now: MonotonicRawInstant) {
        let origin = time.origin
        for node in nodes.values { node.measure(now: now, origin: origin) }
    }

    // MARK: Probes by UDP

    func use(_ prober: (any DatagramProbing)?) { self.prober = prober }

    /// The agent of a connection may open a path.
    func expectDatagrams(of link: NodeLink) {
        guard let prober, let keys = SecureTransport.datagramKeys(of: link.channel) else { return }
        prober.add(keys)
        link.quietPath = QuietPath(prober, id: keys.path)
        quietLinks[keys.path] = link
    }

    func forgetDatagrams(of link: NodeLink) {
        guard let path = link.quietPath else { return }
        path.close()
        quietLinks[path.id] = nil
        link.quietPath = nil
    }

    /// What has come by UDP.
    func receive(_ samples: [DatagramSample]) {
        let now = time.now()
        for sample in samples {
            guard let link = quietLinks[sample.path] else { continue }
            link.quietPath?.replied(at: now)
            observe(sample.sample, of: link, at: now)
        }
    }

    /// - Returns: whether probes by UDP get through. When that changes, the log says so.
    private func observeQuietPath(of link: NodeLink, at now: MonotonicRawInstant) -> Bool {
        guard let path = link.quietPath else { return false }
        let isAlive = path.isAlive(now: now)
        if isAlive != path.isAnnounced {
            link.quietPath?.announce(isAlive)
            let text =
                isAlive ? "clock probes go by UDP" : "clock probes by UDP get no reply; the connection carries them"
            logAbout(link, .info, "\(text)")
        }
        return isAlive
    }
}
