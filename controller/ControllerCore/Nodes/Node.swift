import NIOCore
import TraceClock
import TraceProtocol

/// What the controller knows of one node. Kept when it disconnects, so that `nodes` shows who is missing.
///
/// Confined to the controller's loop. A reference, as a thousand of them are gone through many times a second.
final class Node {
    let name: String
    var hello = WireHello()
    /// Its present connection.
    var link: NodeLink?
    var connectedSince: Int64 = 0
    /// ns of CLOCK_MONOTONIC_RAW.
    var lastHeard: Int64 = 0
    var clock = LiveClock()
    var clockHistory = ClockHistory()
    var roundTrip: Int64?
    var recentSamples: [ClockSampleFrame] = []
    var traffic = Traffic()
    var rates = NodeRates()
    /// The last, of the present connection.
    var vitals: WireVitals?
    /// Bytes of numbered frames that have come and are not stored yet, whichever connection brought them.
    var outstanding = 0

    init(name: String) {
        self.name = name
    }

    struct Traffic {
        var bytes: UInt64 = 0
        var events: UInt64 = 0
        var lost: UInt64 = 0
    }

    func status(now: Int64, sessions: Int) -> WireNodeStatus {
        var status = WireNodeStatus()
        status.name = name
        status.connected = link != nil
        status.host = hello.host
        status.labels = hello.labels
        status.software = hello.software
        status.roundTripNs = roundTrip ?? -1
        status.clockBoundNs = clockBound(at: now) ?? -1
        status.sessions = UInt32(sessions)
        status.bytesReceived = traffic.bytes
        status.eventsReceived = traffic.events
        status.eventsLost = traffic.lost
        status.connectedSince = connectedSince
        status.lastHeardMs = (now - lastHeard) / 1_000_000
        if let vitals { status.vitals = vitals }
        status.agentCpuPermille = rates.cpuPermille
        status.bytesPerSecond = rates.bytes
        status.eventsPerSecond = rates.events
        return status
    }
}

/// One connection of a node. Confined to the controller's loop; `Sendable` only so that its handler, on the same loop,
/// can hold it.
final class NodeLink: @unchecked Sendable {
    let channel: any Channel
    let node: Node
    /// What this agent may still send.
    var credit: Credit
    /// Requests that it has not answered.
    var pending: [UInt64: (WireCommandReply) -> Void] = [:]
    /// Sessions that it has been told to drop because they are over here.
    var strays: Set<UInt64> = []
    /// The processes whose threads it has last been told to leave out; nil before that.
    var excludedProcesses: [UInt32]?
    /// Tells links apart that are probed equally often, so that they are not probed at the same time.
    let phase: Int
    private(set) var nextProbe: UInt32 = 0
    /// Probes under way, by number: when each was sent. A reply that states another time is not believed.
    private var probes: [UInt32: Int64] = [:]

    init(channel: any Channel, node: Node, credit: Int, phase: Int) {
        self.phase = phase
        self.channel = channel
        self.node = node
        self.credit = Credit(balance: credit)
    }

    func send(_ frame: Frame) {
        channel.writeAndFlush(frame, promise: nil)
    }

    func probe(now: Int64) {
        nextProbe &+= 1
        // The oldest is given up: its reply would not tell anything new.
        if probes.count >= 16 { probes.removeAll(keepingCapacity: true) }
        probes[nextProbe] = now
        send(ClockProbeFrame(id: nextProbe, sent: now).frame())
    }

    /// The time at which a probe was sent, once.
    func takeProbe(_ id: UInt32) -> Int64? {
        probes.removeValue(forKey: id)
    }
}

extension Node {
    /// - Parameter epochOffset: of the controller's timeline, ns.
    func observe(_ sample: ClockSampleFrame, epochOffset: Int64) {
        let outcome = clock.observe(ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4))
        clockHistory.observed(outcome, roundTrip: sample.roundTrip, at: sample.t4 &+ epochOffset)
        roundTrip = min(roundTrip ?? .max, sample.roundTrip)
        recentSamples.append(sample)
        if recentSamples.count > Node.keptSamples { recentSamples.removeFirst() }
    }

    /// The median of the last round trips; nil while there are none. ns.
    var usualRoundTrip: Int64? {
        let sorted = recentSamples.map(\.roundTrip).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    /// A session begins with these, so that its first events have a narrow bound already.
    static var keptSamples: Int { 32 }

    /// Half the width of what a time of this node's now is known by; ns.
    func clockBound(at now: Int64) -> Int64? {
        clock.current?.plusMinus
    }

    /// The node's trace clock at a moment of the controller's timeline; nil while nothing is known of it.
    func agentTime(at moment: Int64) -> Int64? {
        clock.agentTime(at: moment)
    }
}

extension ClockSampleFrame {
    /// ns, without the time that the node took to answer.
    fileprivate var roundTrip: Int64 { (t4 &- t1) &- (t3 &- t2) }
}
