import TraceProtocol

/// What a dead agent had read of one CPU, by the kernel's own count.
struct DeadRead: Sendable, Equatable {
    var events: UInt64
    /// All of them are earlier: ns of the trace clock.
    var before: Int64
}

/// Where the successor of a dead agent goes on with a session, as the controller has said.
struct Resumption: Sendable {
    /// What has come, by CPU.
    var received: [UInt32: WireCPUEvents] = [:]
    /// Events in the frames that the successor has found and will send.
    var undelivered: [UInt32: UInt64] = [:]
    /// The last batch of each CPU in the spool, by sequence number.
    var lastBatches: [UInt32: UInt64] = [:]
    /// What a reader needs for decoding has come, or is among those frames.
    var hasMetadata = true

    init(_ point: WireResumePoint, _ undelivered: UndeliveredFrames) {
        received = Dictionary(point.received.map { ($0.cpu, $0) }, uniquingKeysWith: { first, _ in first })
        self.undelivered = undelivered.events
        lastBatches = undelivered.lastBatches
        hasMetadata = point.acknowledged > 0 || !undelivered.frames.isEmpty
    }

    init() {}
}

/// What became of the events that dead agents of a session had read: sent, or lost with them.
///
/// read by dead agents = received + in frames that are left + stated as lost before + lost now
struct Inheritance: Sendable, Equatable {
    struct CPU: Sendable, Equatable {
        /// In batches that have come or will come.
        var sent: UInt64
        /// All that was ever lost with an agent.
        var lostAtAgent: UInt64
    }

    private(set) var cpus: [UInt32: CPU] = [:]
    /// What is stated now.
    private(set) var loss = WireStreamLoss()

    init() {}

    /// - Parameter reason: of the loss, for people.
    init(_ read: [UInt32: DeadRead], _ resumption: Resumption, reason: String) {
        for (cpu, dead) in read.sorted(by: { $0.key < $1.key }) {
            let received = resumption.received[cpu] ?? WireCPUEvents()
            let sent = received.events &+ (resumption.undelivered[cpu] ?? 0)
            // A controller that claims more than the kernel has given is shown by the account.
            let (accounted, isAbsurd) = sent.addingReportingOverflow(received.lost)
            let lost = isAbsurd ? 0 : dead.events - min(dead.events, accounted)
            cpus[cpu] = CPU(sent: sent, lostAtAgent: received.lost &+ lost)
            guard lost > 0 else { continue }
            loss.cpus.append(
                .with {
                    $0.cpu = cpu
                    $0.events = lost
                    $0.from = received.through
                    $0.to = max(dead.before, received.through)
                })
        }
        loss.reason = reason
    }

    /// Adds what became of earlier agents' events to totals that count only this agent's.
    func add(to totals: inout WireCPUTotals) {
        guard let cpu = cpus[totals.cpu] else { return }
        totals.sent &+= cpu.sent
        totals.lostAtAgent = cpu.lostAtAgent
    }
}
