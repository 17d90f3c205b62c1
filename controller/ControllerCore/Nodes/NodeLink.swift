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

    /// When the last frame of a stream came.
    var lastStreamed = MonotonicRawInstant(nanoseconds: 0)

    /// Commands that it has not replied to.
    private var requests: [UInt64: OpenRequest] = [:]
    /// Begins anywhere, so that a reply to an earlier connection or controller process fits no request of this one.
    private var lastRequest = UInt64.random(in: 0..<1 << 62)
    private(set) var nextProbe: UInt32 = 0
    /// Probes under way: when each was sent. A reply that states another time is not believed.
    private var probes: [UInt32: MonotonicRawInstant] = [:]
    private let time: TimeSource

    private struct OpenRequest {
        var patience: CommandPatience
        let reply: (WireCommandReply) -> Void
    }

    init(channel: any Channel, node: Node, credit: Int, phase: Int, time: TimeSource) {
        self.time = time
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

    /// - Parameters:
    ///   - session: 0 for a command that belongs to none.
    ///   - lead: how far ahead the moment lies that the command waits for.
    ///   - askedBy: whose request it is, for the agent's audit lines.
    ///   - reply: called once: with the agent's reply, or a refusal when `CommandPatience` or the connection ends.
    func command(
        _ action: WireCommand.OneOf_Action, session: UInt64, lead: Duration = .zero, askedBy: String = "",
        reply: @escaping (WireCommandReply) -> Void
    ) {
        lastRequest += 1
        var command = WireCommand()
        command.request = lastRequest
        command.session = session
        command.action = action
        command.askedBy = askedBy
        guard let frame = try? Frame(.command, command), frame.body.readableBytes <= frame.type.maximumBody else {
            return reply(.refusal(WireRefusal(.unsupported, "the request is longer than a command may be")))
        }
        requests[lastRequest] = OpenRequest(patience: CommandPatience(sent: time.now(), lead: lead), reply: reply)
        send(frame)
    }

    func receive(_ reply: WireCommandReply, at now: MonotonicRawInstant) {
        if case .progress(let progress) = reply.outcome {
            requests[reply.request]?.patience.progressed(progress, at: now)
        } else {
            requests.removeValue(forKey: reply.request)?.reply(reply)
        }
    }

    /// Refuses for the node what it has not replied to in time. Called often.
    func checkPatience(now: MonotonicRawInstant) {
        guard !requests.isEmpty else { return }
        for (id, request) in requests {
            guard let refusal = request.patience.refusal(at: now, streamed: lastStreamed) else { continue }
            requests[id] = nil
            request.reply(.refusal(refusal))
        }
    }

    /// Who waits for a reply need not wait for a time limit when the connection is lost.
    func refuseRequests(_ refusal: WireRefusal) {
        let waiting = requests.values
        requests = [:]
        for request in waiting { request.reply(.refusal(refusal)) }
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
