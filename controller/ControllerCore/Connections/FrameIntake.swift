import NIOCore
import TraceProtocol

/// Cuts what a peer sends into frames, and passes on so many of them in a turn. What is left waits until other peers
/// have had their turns, and meanwhile nothing more is read of this peer: TCP holds it back.
final class FrameIntake: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Frame
    typealias OutboundIn = ByteBuffer

    private var decoder = FrameDecoder(accepting: .fromPeers)
    private let framesPerTurn: Int
    /// What is not passed on yet: part of a frame, or after a full turn more.
    private var rest = ByteBuffer()
    /// Whole frames may wait in `rest`.
    private var isBehind = false
    /// A read was asked for while frames waited.
    private var isReadWanted = false
    /// The peer has gone, or nothing more of it is wanted.
    private var isStopped = false

    /// Until the next turn. Tasks that are due at once would run before other connections are read.
    private static let pause = TimeAmount.microseconds(20)

    /// A user event, sent outwards: nothing more is wanted of this peer, and so nothing is read.
    struct Stop: Sendable {}

    init(framesPerTurn: Int) {
        self.framesPerTurn = framesPerTurn
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isStopped else { return }
        append(unwrapInboundIn(data))
        if !isBehind { pass(context, atMost: framesPerTurn) }
    }

    private func append(_ data: ByteBuffer) {
        guard rest.readableBytes > 0 else {
            rest = data
            return
        }
        // In storage of its own: frames that were passed on may still hold the old one. It grows with what has come,
        // not with what a frame states.
        if rest.writableBytes < data.readableBytes || rest.readerIndex > 0 {
            var own = ByteBuffer()
            own.reserveCapacity(rest.readableBytes + max(data.readableBytes, rest.readableBytes))
            own.writeImmutableBuffer(rest)
            rest = own
        }
        rest.writeImmutableBuffer(data)
    }

    private func pass(_ context: ChannelHandlerContext, atMost limit: Int) {
        var passed = 0
        do {
            while !isStopped, passed < limit, let frame = try decoder.decode(buffer: &rest) {
                passed += 1
                context.fireChannelRead(wrapInboundOut(frame))
            }
        } catch {
            stop()
            return context.fireErrorCaught(error)
        }
        isBehind = passed == limit && rest.readableBytes > 0
        if rest.readableBytes == 0 { rest = ByteBuffer() }
        if isBehind { goOnLater(context) }
    }

    private func goOnLater(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
            guard isBehind, !isStopped else { return }
            pass(context, atMost: framesPerTurn)
            guard !isBehind, isReadWanted else { return }
            isReadWanted = false
            context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        if isStopped { return }
        if isBehind { isReadWanted = true } else { context.read() }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Stop else { return context.triggerUserOutboundEvent(event, promise: promise) }
        stop()
        promise?.succeed(())
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Whole frames that came before the end count.
        if isBehind { pass(context, atMost: .max) }
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    private func stop() {
        isStopped = true
        isBehind = false
        rest = ByteBuffer()
    }
}
