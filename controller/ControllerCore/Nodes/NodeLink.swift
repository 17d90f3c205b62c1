import NIOCore
import SystemFacts
import TraceProtocol

/// One connection of a node. Confined to the controller's loop; `Sendable` only so that its handler, on the same loop,
/// can hold it.
final class NodeLink: @unchecked Sendable {
    let channel: any Channel
    let node: Node
    /// What this agent may still send.
    var credit: Credit
    /// Sessions that it has been told to drop because they are over here.
    var strays: Set<UInt64> = []
    /// The processes whose threads it has last been told to leave out; nil before that.
    var excludedProcesses: [UInt32]?
    /// Tells links apart that are probed equally often, so that they are not probed at the same time.
    let phase: Int

    /// Requests that it has not replied to.
    private var requests: [UInt64: (WireCommandReply) -> Void] = [:]
    /// Begins anywhere, so that a reply to an earlier connection or controller process fits no request of this one.
    private var lastRequest = UInt64.random(in: 0..<1 << 62)
    private(set) var nextProbe: UInt32 = 0
    /// Probes under way: when each was sent. A reply that states another time is not believed.
    private var probes: [UInt32: MonotonicRawInstant] = [:]

    init(channel: any Channel, node: Node, credit: Int, phase: Int) {
        self.phase = phase
        self.channel = channel
        self.node = node
        self.credit = Credit(balance: credit)
    }

    func send(_ frame: Frame) {
        channel.writeAndFlush(frame, promise: nil)
    }

    func grant(_ bytes: Int) {
        credit.grant(bytes)
        send(CreditGrant(bytes: bytes).frame())
    }

    // MARK: Commands

    /// - Parameter session: 0 for a command that belongs to none.
    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, reply: @escaping (WireCommandReply) -> Void
    ) {
        lastRequest += 1
        var command = WireCommand()
        command.request = lastRequest
        command.session = session
        command.action = action
        guard let frame = try? Frame(.command, command), frame.body.readableBytes <= frame.type.maximumBody else {
            return reply(.refusal(WireRefusal(.unsupported, "the request is longer than a command may be")))
        }
        requests[lastRequest] = reply
        send(frame)
    }

    func receive(_ reply: WireCommandReply) {
        requests.removeValue(forKey: reply.request)?(reply)
    }

    /// Who waits for a reply need not wait for a time limit when the connection is lost.
    func refuseRequests(_ refusal: WireRefusal) {
        let waiting = requests.values
        requests = [:]
        for reply in waiting { reply(.refusal(refusal)) }
    }

    // MARK: Clock probes

    func probe(now: MonotonicRawInstant) {
        nextProbe &+= 1
        // Old ones are given up: their replies would not tell anything new.
        if probes.count >= 16 { probes.removeAll(keepingCapacity: true) }
        probes[nextProbe] = now
        send(ClockProbeFrame(id: nextProbe, sent: now.nanoseconds).frame())
    }

    /// The time at which a probe was sent, once.
    func removeProbe(_ id: UInt32) -> MonotonicRawInstant? {
        probes.removeValue(forKey: id)
    }
}

extension WireCommandReply {
    fileprivate static func refusal(_ refusal: WireRefusal) -> WireCommandReply {
        .with { $0.refusal = refusal }
    }
}
