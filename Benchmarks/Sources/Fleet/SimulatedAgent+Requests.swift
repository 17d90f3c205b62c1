import NIOCore
import TraceProtocol

extension SimulatedAgent {
    /// About how long all nodes of this process need to start.
    private static let othersStart = TimeAmount.milliseconds(30)

    /// Carries out a request of the controller, and sends the reply.
    func perform(_ command: WireCommand, _ context: ChannelHandlerContext) {
        var reply = WireCommandReply()
        reply.request = command.request
        reply.session = command.session
        let id = command.session
        switch command.action {
        case .prepare(let request) where request.hasCount: reply.prepared = prepareCount(id, request)
        case .prepare:
            recordings.insert(id)
            write(.metadata, inventory.recording.metadata, session: id, sequence: 1, context)
            send(.commandReply, reply, context, followedBy: inventory.recording.prepared)
            return observe(.prepared, Self.now())
        case .start(let start) where recordings.contains(id): return startRecording(start, reply, context)
        case .start(let start):
            let at = max(start.at, Self.now())
            counts[id]?.started = at
            reply.started.before = at
            reply.started.after = at
            scheduleSample(id, 1, context)
        case .stop:
            counts[id]?.sampler?.cancel()
            reply.stopping.before = Self.now()
            reply.stopping.after = Self.now()
            send(.commandReply, reply, context)
            return finish(id, context)
        case .discard:
            counts.removeValue(forKey: id)?.sampler?.cancel()
            recordings.remove(id)
            reply.discarded = WireDiscarded()
        case .excludeProcesses, .notice: reply.noted = WireNoted()
        case .listNames(let request):
            reply.names.digest = .init(inventory.catalog.digest)
            if !request.known.contains(reply.names.digest) { reply.names.text = inventory.catalog.text }
        default: reply.refusal.text = "a simulated agent only counts, records and lists"
        }
        send(.commandReply, reply, context)
    }

    private func prepareCount(_ id: UInt64, _ request: WirePrepare) -> WirePrepared {
        let names = request.events + request.count.counters
        counts[id] = SimulatedCount(
            columns: names.count, interval: Int64(max(request.count.intervalMs, 100)) * 1_000_000)
        var prepared = WirePrepared()
        prepared.cpus = 2
        prepared.count.columns = names.map { name in
            .with {
                $0.event = name
                $0.way = .perfCounter
            }
        }
        return prepared
    }

    private func startRecording(_ start: WireStart, _ reply: WireCommandReply, _ context: ChannelHandlerContext) {
        var reply = reply
        reply.started.missed = Self.now() > start.at
        if reply.started.missed { observe(.missed, Self.now()) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(start.at - Self.now())) { [self, reply] in
            var reply = reply
            reply.started.before = Self.now()
            observe(.started, reply.started.before)
            reply.started.after = Self.now()
            // One thread starts all nodes here. Real nodes do not wait until others have sent their replies, so the
            // replies follow when all have started.
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.othersStart) { [self, reply] in
                send(.commandReply, reply, context)
            }
        }
    }

    private func scheduleSample(_ id: UInt64, _ number: Int64, _ context: ChannelHandlerContext) {
        guard let count = counts[id] else { return }
        let delay = count.started + number * count.interval - Self.now()
        counts[id]?.sampler = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) { [self] in
            send(.counts, totals(id, number: UInt64(number)), context)
            scheduleSample(id, number + 1, context)
        }
    }

    private func totals(_ id: UInt64, number: UInt64) -> WireCountTotals {
        counts[id]?.totals(session: id, number: number, at: Self.now()) ?? WireCountTotals()
    }

    private func finish(_ id: UInt64, _ context: ChannelHandlerContext) {
        guard recordings.remove(id) == nil else {
            return send(.finish, inventory.recording.finish, session: id, sequence: 2, context)
        }
        var finish = WireFinish()
        finish.counts = totals(id, number: 0)
        counts[id] = nil
        send(.finish, finish, session: id, sequence: 1, context)
    }
}

/// A count of a simulated node. Its totals follow from the time alone.
struct SimulatedCount {
    var columns: Int
    /// ns.
    var interval: Int64
    /// On the trace clock, ns.
    var started: Int64 = 0
    var sampler: Scheduled<Void>?

    init(columns: Int, interval: Int64) {
        self.columns = columns
        self.interval = interval
    }

    /// The first event happens 1,000 times a second, the second 2,000 times, and so on.
    func totals(session: UInt64, number: UInt64, at time: Int64) -> WireCountTotals {
        let elapsed = UInt64(max(0, time - started))
        var totals = WireCountTotals()
        totals.session = session
        totals.number = number
        totals.at = time
        totals.elapsedNs = elapsed
        totals.rows = (0..<columns).map { column in
            .with {
                $0.column = UInt32(column)
                $0.count = elapsed / 1_000_000 * UInt64(column + 1)
                $0.enabledNs = 2 * elapsed
                $0.runningNs = 2 * elapsed
            }
        }
        return totals
    }
}
