import SystemFacts
import TraceClock
import TraceProtocol

/// What the controller knows of one node. Kept when it disconnects, so that `nodes` shows who is missing.
///
/// Confined to the controller's loop. A class, as a thousand of them are visited many times a second.
final class Node {
    let name: String
    var hello = WireHello()
    /// Its present connection.
    var link: NodeLink?
    /// A connection that takes its place if it does not answer.
    var newcomer: Newcomer?
    /// The last machine that was refused because this one has its certificate, and when that was.
    var twin: (address: String, at: MonotonicRawInstant)?
    /// How long that is shown. A refused agent tries again all the time.
    private static let twinMemory = Duration.seconds(60)
    /// When its agent was told of another machine last.
    private var toldOfTwin: MonotonicRawInstant?
    /// Nil before the first connection.
    var connectedSince: EpochInstant?
    var lastHeard = MonotonicRawInstant(nanoseconds: 0)
    var clock = LiveClock()
    var clockHistory = ClockHistory()
    var shortestRoundTrip: Duration?
    var samples = RecentSamples()
    var traffic = Traffic()
    var rates = NodeRates()
    /// The last of the present connection.
    var vitals: WireVitals?
    var allowance: NodeAllowance
    /// Sessions that it takes part in.
    var sessionCount = 0
    /// Bytes of numbered frames that have come and are not stored yet, whichever connection brought them.
    var outstanding = 0

    init(name: String, budget: Budget) {
        self.name = name
        allowance = NodeAllowance(budget)
    }

    /// The name in the certificate. A twin is called by it with a number appended.
    var certifiedName: String { String(name.prefix { $0 != "~" }) }

    /// Tells its agent that another machine has its certificate. A refused machine tries again all the time, and nobody can
    /// fill a node's log by that.
    ///
    /// - Parameter fate: what becomes of the other one: `it was refused`.
    func tellOfTwin(at address: String, _ fate: String, now: MonotonicRawInstant) {
        guard let link, link.takesNotices else { return }
        if let toldOfTwin, toldOfTwin.duration(to: now) < Self.twinMemory { return }
        toldOfTwin = now
        let notice = WireNotice.with {
            $0.text =
                "another machine, \(address), has this node's certificate; \(fate). Make a certificate of its own for it "
                + "('fleetrace ca issue node'), or find out who has the node's key"
        }
        link.command(.notice(notice), session: 0) { _ in }
    }

    /// What has come from the node.
    struct Traffic {
        var bytes: UInt64 = 0
        var events: UInt64 = 0
        var lost: UInt64 = 0
    }

    func status(now: MonotonicRawInstant, sessions: Int) -> WireNodeStatus {
        var status = WireNodeStatus()
        status.name = name
        status.connected = link != nil
        status.host = hello.host
        status.labels = hello.labels
        status.software = hello.software
        status.roundTripNs = shortestRoundTrip?.wholeNanoseconds ?? -1
        status.clockBoundNs = clockBound(now: now)?.wholeNanoseconds ?? -1
        if let reply = clock.newestReply {
            status.clockDriftPpb = Int64((clock.driftPartsPerMillion * 1000).rounded())
            status.clockProbeAgeMs = MonotonicRawInstant(nanoseconds: reply).duration(to: now).wholeMilliseconds
        }
        status.sessions = UInt32(sessions)
        status.bytesReceived = traffic.bytes
        status.eventsReceived = traffic.events
        status.eventsLost = traffic.lost
        status.connectedSince = connectedSince?.nanoseconds ?? 0
        status.lastHeardMs = lastHeard.duration(to: now).wholeMilliseconds
        if let vitals { status.vitals = vitals }
        if let twin, twin.at.duration(to: now) < Self.twinMemory { status.twin = twin.address }
        status.address = link?.channel.remoteAddress?.ipAddress ?? ""
        // CPUs go offline and come back while an agent is connected.
        if let online = vitals?.onlineCpus, online > 0 { status.host.onlineCpus = online }
        status.agentCpuPermille = rates.cpuPermille
        status.bytesPerSecond = rates.bytes
        status.eventsPerSecond = rates.events
        return status
    }
}

/// Its clock.
extension Node {
    /// - Parameter origin: of the controller's timeline.
    /// - Returns: whether the sample has proved a break.
    @discardableResult
    func observe(_ sample: ClockSampleFrame, origin: EpochInstant) -> Bool {
        let outcome = clock.observe(ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4))
        let roundTrip = sample.roundTrip
        let received = MonotonicRawInstant(nanoseconds: sample.t4)
        clockHistory.observed(outcome, roundTrip: roundTrip, at: origin.timeOfDay(at: received))
        shortestRoundTrip = min(shortestRoundTrip ?? roundTrip, roundTrip)
        samples.add(sample)
        if case .epochBreak = outcome { return true }
        return false
    }

    /// Half the width of the bound of a time of this node's now; nil while nothing is known.
    func clockBound(now: MonotonicRawInstant) -> Duration? {
        clock.present(at: now.nanoseconds)?.plusMinus.map { .nanoseconds($0) }
    }
}

extension Node: SessionNode {
    /// As much as an agent can be told to hold on its disk, at most.
    private static let mostHeld = UInt64(1) << 40

    var heldBytes: Int { Int(min(vitals?.heldBytes ?? 0, Self.mostHeld)) }

    var hasClockSources: Bool { link?.hasClockSources ?? true }

    var usualRoundTrip: Duration? { samples.usualRoundTrip }

    var recentSamples: [ClockSampleFrame] { samples.all }

    func agentTime(at moment: MonotonicRawInstant) -> MonotonicRawInstant? {
        clock.agentTime(at: moment.nanoseconds).map { MonotonicRawInstant(nanoseconds: $0) }
    }

    func measureClock() -> Duration? {
        guard let path = link?.quietPath, path.isAnnounced else { return nil }
        path.beginBurst()
        return ProbePath.burstInterval * ProbePath.burst + (usualRoundTrip ?? .zero)
    }

    func timelineTime(of agentTime: MonotonicRawInstant) -> MappedTime { clock.map(agentTime.nanoseconds) }

    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, lead: Duration, askedBy: String,
        reply: @escaping (WireCommandReply) -> Void
    ) -> Bool {
        guard let link else { return false }
        link.command(action, session: session, lead: lead, askedBy: askedBy, reply: reply)
        return true
    }

    func exclude(_ processes: ExcludedProcesses) -> [UInt32] {
        let pids = processes.of(hello.host)
        link?.excludedProcesses = pids
        return pids
    }

    func acknowledge(_ number: StreamNumber) {
        link?.send(Acknowledgement(number).frame())
    }

    func hold(_ session: UInt64) {
        // An agent that does not know the frame gets no credit for what it sends meanwhile.
        guard let link, link.canRewind else { return }
        link.send(Rewind(StreamNumber(session: session, sequence: Rewind.hold)).frame())
    }

    func rewind(to number: StreamNumber) {
        guard let link else { return }
        if link.canRewind { return link.send(Rewind(number).frame()) }
        link.endReason = "what it sent could not be stored, and is to be sent again"
        link.channel.close(promise: nil)
    }

    func grant(_ bytes: Int) {
        link?.grant(bytes)
    }

    func hold(_ bytes: Int, batch: BatchHeader?) {
        outstanding += bytes
        guard let batch else { return }
        traffic.bytes &+= UInt64(bytes)
        traffic.events &+= UInt64(batch.events)
        if batch.lost != BatchHeader.unknownLoss { traffic.lost &+= batch.lost }
    }

    /// So many bytes that came from the node wait no longer.
    func stored(_ bytes: Int) {
        guard bytes > 0 else { return }
        outstanding -= bytes
        grant(bytes)
    }
}
