import NIOCore
import SecureTransport
import SwiftProtobuf
import SystemFacts
import TraceProtocol
import Tracefs

/// What an agent that counts or records says to its controller, without a kernel behind it: the frames are those of
/// `fleetrace-agent`, the counts are made up, and what it records is nothing.
final class SimulatedAgent: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private let hello: WireHello
    private let node: Node
    private let accepted: EventLoopPromise<Void>
    private let observe: @Sendable (Step, Int64) -> Void
    private var sessions: [UInt64: Count] = [:]
    private var recordings: Set<UInt64> = []
    private var vitals: Scheduled<Void>?

    /// What all nodes of the fleet have alike.
    struct Node: Sendable {
        let catalog: SimulatedCatalog
        let recording: SimulatedRecording

        /// Like this machine.
        static func own() throws -> Node {
            let root = try TracefsRoot.locate(mountIfNeeded: true)
            return Node(catalog: try SimulatedCatalog(root), recording: try SimulatedRecording(root))
        }
    }

    /// How long all nodes of this process take to start, more or less.
    private static let othersStart = TimeAmount.milliseconds(30)

    /// What it has done for a session.
    enum Step: Sendable {
        case prepared, started
        /// The order to start came behind its moment.
        case missed
    }

    private struct Count {
        var columns: Int
        var interval: Int64
        var started: Int64 = 0
        var sampler: Scheduled<Void>?
    }

    /// - Parameter observe: hears of each step, with the trace clock.
    init(
        _ hello: WireHello, _ node: Node, accepted: EventLoopPromise<Void>,
        observe: @escaping @Sendable (Step, Int64) -> Void
    ) {
        self.hello = hello
        self.node = node
        self.accepted = accepted
        self.observe = observe
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? SecureTransportEvent { send(.hello, hello, context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try take(unwrapInboundIn(data), context)
        } catch {
            context.fireErrorCaught(error)
        }
    }

    private func take(_ frame: Frame, _ context: ChannelHandlerContext) throws {
        switch frame.type {
        case .clockProbe:
            let probe = try ClockProbeFrame(frame)
            let now = Self.now()
            let reply = ClockReplyFrame(id: probe.id, probeSent: probe.sent, received: now, sent: Self.now())
            context.writeAndFlush(wrapOutboundOut(reply.frame()), promise: nil)
        case .welcome:
            accepted.succeed(())
            sendVitals(context)
        case .command: perform(try frame.message(), context)
        case .ping: context.writeAndFlush(wrapOutboundOut(Frame(.pong, frame.body)), promise: nil)
        default: break
        }
    }

    private func sendVitals(_ context: ChannelHandlerContext) {
        var vitals = WireVitals()
        vitals.catalog = .init(node.catalog.digest)
        vitals.cpuNs = UInt64(Self.now()) / 1000
        vitals.residentBytes = 36 << 20
        send(.vitals, vitals, context)
        // As often as an agent does, and not those of all nodes at once.
        self.vitals = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(.random(in: 4500..<5500))) {
            [self] in sendVitals(context)
        }
    }

    private func perform(_ command: WireCommand, _ context: ChannelHandlerContext) {
        var answer = WireCommandReply()
        answer.request = command.request
        answer.session = command.session
        let id = command.session
        switch command.action {
        case .prepare(let order) where order.hasCount:
            let names = order.events + order.count.counters
            sessions[id] = Count(
                columns: names.count, interval: Int64(max(order.count.intervalMs, 100)) * 1_000_000)
            answer.prepared.cpus = 2
            answer.prepared.count.columns = names.map { name in
                .with {
                    $0.event = name
                    $0.way = .perfCounter
                }
            }
        case .prepare:
            recordings.insert(id)
            write(.metadata, node.recording.metadata, id, 1, context)
            send(.commandReply, answer, context, followedBy: node.recording.prepared)
            return observe(.prepared, Self.now())
        case .start(let start) where recordings.contains(id):
            answer.started.missed = Self.now() > start.at
            if answer.started.missed { observe(.missed, Self.now()) }
            context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(start.at - Self.now())) { [self, answer] in
                var answer = answer
                answer.started.before = Self.now()
                observe(.started, answer.started.before)
                answer.started.after = Self.now()
                // Behind the starts of all others, which here one thread does: nodes do not wait for each other's answers.
                context.eventLoop.assumeIsolated().scheduleTask(in: Self.othersStart) { [self, answer] in
                    send(.commandReply, answer, context)
                }
            }
            return
        case .start(let start):
            let at = max(start.at, Self.now())
            sessions[id]?.started = at
            answer.started.before = at
            answer.started.after = at
            schedule(id, after: 0, context)
        case .stop:
            sessions[id]?.sampler?.cancel()
            answer.stopping.before = Self.now()
            answer.stopping.after = Self.now()
            send(.commandReply, answer, context)
            return finish(id, context)
        case .discard:
            sessions.removeValue(forKey: id)?.sampler?.cancel()
            recordings.remove(id)
            answer.discarded = WireDiscarded()
        case .excludeProcesses: answer.noted = WireNoted()
        case .listNames(let order):
            answer.names.digest = .init(node.catalog.digest)
            if !order.known.contains(answer.names.digest) { answer.names.text = node.catalog.text }
        default: answer.refusal.text = "a simulated agent counts, records and lists, and no more"
        }
        send(.commandReply, answer, context)
    }

    private func schedule(_ id: UInt64, after number: Int64, _ context: ChannelHandlerContext) {
        guard let count = sessions[id] else { return }
        let delay = count.started + (number + 1) * count.interval - Self.now()
        sessions[id]?.sampler = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) { [self] in
            send(.counts, totals(id, number: UInt64(number + 1)), context)
            schedule(id, after: number + 1, context)
        }
    }

    /// Each event a thousand times a second more often than the one before it.
    private func totals(_ id: UInt64, number: UInt64) -> WireCountTotals {
        var totals = WireCountTotals()
        guard let count = sessions[id] else { return totals }
        let elapsed = UInt64(max(0, Self.now() - count.started))
        totals.session = id
        totals.number = number
        totals.at = Self.now()
        totals.elapsedNs = elapsed
        totals.rows = (0..<count.columns).map { column in
            .with {
                $0.column = UInt32(column)
                $0.count = elapsed / 1_000_000 * UInt64(column + 1)
                $0.enabledNs = 2 * elapsed
                $0.runningNs = 2 * elapsed
            }
        }
        return totals
    }

    private func finish(_ id: UInt64, _ context: ChannelHandlerContext) {
        guard recordings.remove(id) == nil else { return number(.finish, node.recording.finish, id, 2, context) }
        var finish = WireFinish()
        finish.counts = totals(id, number: 0)
        sessions[id] = nil
        number(.finish, finish, id, 1, context)
    }

    /// Sends a frame of a session's numbered stream.
    private func number(
        _ type: FrameType, _ message: some Message, _ session: UInt64, _ sequence: UInt64,
        _ context: ChannelHandlerContext
    ) {
        guard let bytes: [UInt8] = try? message.serializedBytes() else { return }
        write(type, bytes, session, sequence, context)
        context.flush()
    }

    private func write(
        _ type: FrameType, _ bytes: [UInt8], _ session: UInt64, _ sequence: UInt64, _ context: ChannelHandlerContext
    ) {
        var body = ByteBuffer()
        StreamNumber(session: session, sequence: sequence).write(into: &body)
        body.writeBytes(bytes)
        context.write(wrapOutboundOut(Frame(type, body)), promise: nil)
    }

    /// - Parameter rest: more fields of the message, in bytes.
    private func send(
        _ type: FrameType, _ message: some Message, _ context: ChannelHandlerContext, followedBy rest: [UInt8] = []
    ) {
        guard var frame = try? Frame(type, message) else { return }
        frame.body.writeBytes(rest)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private static func now() -> Int64 { Int64(MonotonicRawClock.now()) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        accepted.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        vitals?.cancel()
        for count in sessions.values { count.sampler?.cancel() }
        accepted.fail(InputError("the controller closed a simulated agent's connection"))
        context.fireChannelInactive()
    }
}
