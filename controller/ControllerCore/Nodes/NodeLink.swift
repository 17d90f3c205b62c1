import NIOCore
import Quotas
import SystemFacts
import TraceProtocol

/// One connection of a node. Confined to the controller's loop; `Sendable` only so that its handler, on the same loop,
/// can hold it.
final class NodeLink: @unchecked Sendable {
    let channel: any Channel
    let node: Node
    /// What this agent may still send.
    var credit: Credit
    /// Totals count against credit.
    var countsCost = false
    /// Its agent sends a stream again from where it is told.
    var canRewind = false
    /// Its agent logs what it is told.
    var takesNotices = false
    /// Its agent knows of trace clocks other than CLOCK_MONOTONIC_RAW.
    var hasClockSources = false
    /// Why the connection ends; empty while nothing is wrong.
    var endReason = ""
    /// Sessions that it has been told to drop because they are over here.
    var strays: Set<UInt64> = []
    /// The processes whose threads it has last been told to leave out; nil before that.
    var excludedProcesses: [UInt32]?
    /// Tells links apart that are probed equally often, so that they are not probed at the same time.
    let phase: Int

    /// Its clock probes by UDP; nil where its agent or this controller has none.
    var quietPath: QuietPath?

    /// When the last frame of a stream came.
    var lastStreamed = MonotonicRawInstant(nanoseconds: 0)

    /// What operators want it to find out.
    private var inquiries: InquiryQueue
    /// Replies that may still come: one for each command and for each probe, and some more.
    private var repliesOwed: Int
    private var clockRepliesOwed: Int
    /// Pings that it has not answered.
    private var pongsOwed = 0
    /// Signs that it goes on with commands.
    private var progress: TokenBucket

    /// Commands that it has not replied to.
    private var requests: [UInt64: OpenRequest] = [:]
    /// Begins anywhere, so that a reply to an earlier connection or controller process fits no request of this one.
    private var lastRequest: UInt64
    /// A reply that states another time than its probe was sent at is not believed.
    private var probes = OutstandingProbes()
    private let time: TimeSource
    /// Frames wait for `sendGathered`.
    private var isGathering = false

    private struct OpenRequest {
        var patience: CommandPatience
        let reply: (WireCommandReply) -> Void
    }

    /// - Parameter firstRequest: any number.
    init(
        channel: any Channel, node: Node, credit: Int, phase: Int, budget: Budget.Node, time: TimeSource,
        firstRequest: UInt64
    ) {
        lastRequest = firstRequest >> 2
        repliesOwed = budget.unasked
        clockRepliesOwed = budget.unasked
        progress = TokenBucket(budget.progress)
        inquiries = InquiryQueue(budget)
        self.time = time
        self.phase = phase
        self.channel = channel
        self.node = node
        self.credit = Credit(balance: credit)
    }

    func send(_ frame: Frame) {
        channel.write(frame, promise: nil)
        if !isGathering { channel.flush() }
    }

    /// Sends what follows in one piece, up to `sendGathered`: a system call for each acknowledgement costs more than the rest.
    func gather() { isGathering = true }

    func sendGathered() {
        isGathering = false
        channel.flush()
    }

    /// Asks whether it is alive; whatever comes then answers that.
    func ask() {
        pongsOwed += 1
        send(Frame(.ping, ByteBuffer(string: "are you there")))
    }

    /// Whether a ping was sent for the pong that has come.
    func owesPong() -> Bool {
        guard pongsOwed > 0 else { return false }
        pongsOwed -= 1
        return true
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
        repliesOwed += 1
        send(frame)
    }

    /// A reply to a command, or a sign that the node goes on with one. What nobody waits for is not decoded.
    ///
    /// - Throws: `OverBudget`, `ProtocolError.malformed`.
    func receiveReply(_ frame: Frame, at now: MonotonicRawInstant) throws {
        let isProgress = frame.hasMessageField(Self.progressField)
        if isProgress {
            guard progress.spend(now: now) else {
                throw OverBudget("signs of progress", progress.rate)
            }
        } else {
            repliesOwed -= 1
            guard repliesOwed >= 0 else { throw OverBudget("it sends replies to no command") }
        }
        let id = try frame.messageNumber(1)
        guard let request = requests[id] else { return }
        let reply: WireCommandReply
        do {
            reply = try frame.message()
        } catch {
            requests[id] = nil
            request.reply(.refusal(WireRefusal(.io, "its reply is no message: \(error)")))
            throw error
        }
        if case .progress(let progress) = reply.outcome {
            requests[id]?.patience.progressed(progress, at: now)
        } else {
            requests[id] = nil
            request.reply(reply)
        }
    }

    /// Of `CommandReply.progress`.
    private static let progressField: UInt64 = 12

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
        let unsent = inquiries.removeAll().flatMap(\.replies)
        let waiting = requests.values
        requests = [:]
        for request in waiting { request.reply(.refusal(refusal)) }
        for reply in unsent { reply(.refusal(refusal)) }
    }

    // MARK: Inquiries

    /// Has the node find something out for an operator, when it is their turn.
    func inquire(
        _ action: WireCommand.OneOf_Action, for operator: String, askedBy: String,
        reply: @escaping (WireCommandReply) -> Void
    ) {
        do throws(WireRefusal) {
            try inquiries.add(action, for: `operator`, askedBy: askedBy, reply: reply)
        } catch {
            return reply(.refusal(error))
        }
        serveInquiries()
    }

    /// Sends those whose turn has come.
    private func serveInquiries() {
        while let (turn, inquiry) = inquiries.next() {
            command(inquiry.action, session: 0, askedBy: inquiry.askedBy) { [weak self] reply in
                self?.inquiries.finished(turn)
                for receive in inquiry.replies { receive(reply) }
                self?.serveInquiries()
            }
        }
    }

    // MARK: Clock probes

    func probe(now: MonotonicRawInstant) {
        clockRepliesOwed += 1
        send(ClockProbeFrame(id: probes.add(at: now), sent: now.nanoseconds).frame())
    }

    /// How many probes were sent.
    var probeCount: UInt32 { probes.last }

    /// The time at which a probe was sent, once.
    ///
    /// - Throws: `OverBudget` when more replies come than probes were sent.
    func removeProbe(_ id: UInt32) throws -> MonotonicRawInstant? {
        clockRepliesOwed -= 1
        guard clockRepliesOwed >= 0 else { throw OverBudget("it sends clock replies to no probe") }
        return probes.remove(id)
    }
}

extension WireCommandReply {
    fileprivate static func refusal(_ refusal: WireRefusal) -> WireCommandReply {
        .with { $0.refusal = refusal }
    }
}
