import NIOCore
import SecureTransport
import TraceProtocol

/// Sends frames as fast as the connection accepts them.
final class FrameSource: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private var left: Int
    private let frame: Frame

    init(frames: Int, bytes: Int) {
        left = frames
        frame = Frame(.batch, ByteBuffer(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 167) }))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent || event is PlainConnectionReady { pump(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    private func pump(_ context: ChannelHandlerContext) {
        while left > 0, context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            left -= 1
        }
    }
}

/// Counts the frames that arrive.
final class FrameSink: ChannelInboundHandler {
    typealias InboundIn = Frame

    private var left: Int
    private let done: EventLoopPromise<Void>

    /// - Parameter done: succeeds with the last of the expected frames.
    init(expected: Int, done: EventLoopPromise<Void>) {
        left = expected
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        left -= 1
        if left == 0 { done.succeed(()) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if left != .max { done.fail(error) }
        context.close(promise: nil)
    }
}

/// Waits for the end of the handshake.
final class ReadinessHandler: ChannelInboundHandler {
    typealias InboundIn = Frame

    private let done: EventLoopPromise<Void>

    init(done: EventLoopPromise<Void>) { self.done = done }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { done.succeed(()) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }
}
