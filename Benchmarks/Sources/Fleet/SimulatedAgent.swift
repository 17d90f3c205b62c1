import NIOCore
import SecureTransport
import SwiftProtobuf
import SystemFacts
import TraceProtocol

/// One connection to a controller that sends the frames of `fleetrace-agent`, without a kernel behind it: its counts are
/// made up, and it records nothing. `SimulatedAgent+Requests` has what it does for a session.
final class SimulatedAgent: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private let hello: WireHello
    private let accepted: EventLoopPromise<Void>
    private var vitals: Scheduled<Void>?
    let inventory: SimulatedInventory
    let observe: @Sendable (SimulatedStep, Int64) -> Void
    var counts: [UInt64: SimulatedCount] = [:]
    var recordings: Set<UInt64> = []

    /// - Parameters:
    ///   - accepted: succeeds with the controller's welcome.
    ///   - observe: called for each step, with the time on the trace clock in ns.
    init(
        _ hello: WireHello, _ inventory: SimulatedInventory, accepted: EventLoopPromise<Void>,
        observe: @escaping @Sendable (SimulatedStep, Int64) -> Void
    ) {
        self.hello = hello
        self.inventory = inventory
        self.accepted = accepted
        self.observe = observe
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? SecureTransportEvent { send(.hello, hello, context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try receive(unwrapInboundIn(data), context)
        } catch {
            context.fireErrorCaught(error)
        }
    }

    private func receive(_ frame: Frame, _ context: ChannelHandlerContext) throws {
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
        vitals.catalog = .init(inventory.catalog.digest)
        vitals.cpuNs = UInt64(Self.now()) / 1000
        vitals.residentBytes = 36 << 20
        send(.vitals, vitals, context)
        // An agent sends them every 5 s. Here the nodes send at different moments.
        self.vitals = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(.random(in: 4500..<5500))) {
            [self] in sendVitals(context)
        }
    }

    /// Sends a frame of a session's stream.
    func send(
        _ type: FrameType, _ message: some Message, session: UInt64, sequence: UInt64, _ context: ChannelHandlerContext
    ) {
        guard let bytes: [UInt8] = try? message.serializedBytes() else { return }
        write(type, bytes, session: session, sequence: sequence, context)
        context.flush()
    }

    /// Writes a frame of a session's stream, without a flush.
    func write(
        _ type: FrameType, _ bytes: [UInt8], session: UInt64, sequence: UInt64, _ context: ChannelHandlerContext
    ) {
        var body = ByteBuffer()
        StreamNumber(session: session, sequence: sequence).write(into: &body)
        body.writeBytes(bytes)
        context.write(wrapOutboundOut(Frame(type, body)), promise: nil)
    }

    /// Sends a frame that belongs to no stream.
    ///
    /// - Parameter rest: the serialized bytes of more fields of the message.
    func send(
        _ type: FrameType, _ message: some Message, _ context: ChannelHandlerContext, followedBy rest: [UInt8] = []
    ) {
        guard var frame = try? Frame(type, message) else { return }
        frame.body.writeBytes(rest)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// The trace clock, ns.
    static func now() -> Int64 { MonotonicRawInstant.now.nanoseconds }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        accepted.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        vitals?.cancel()
        for count in counts.values { count.sampler?.cancel() }
        accepted.fail(InputError("the controller closed a simulated agent's connection"))
        context.fireChannelInactive()
    }
}
