import Glibc
import NIOCore
import SecureTransport
import TraceProtocol

/// Sends a ping, waits for its pong, and so on. Measures each round trip.
final class PingSource: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private let count: Int
    /// Seconds.
    private var times: [Double] = []
    private var sent = 0.0
    private let done: EventLoopPromise<[Double]>

    /// - Parameter done: succeeds with the seconds of each round trip.
    init(count: Int, done: EventLoopPromise<[Double]>) {
        self.count = count
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { send(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        times.append(Stopwatch.now(CLOCK_MONOTONIC) - sent)
        times.count < count ? send(context) : done.succeed(times)
    }

    private func send(_ context: ChannelHandlerContext) {
        sent = Stopwatch.now(CLOCK_MONOTONIC)
        context.writeAndFlush(wrapOutboundOut(Frame(.ping, ByteBuffer(integer: UInt64(times.count)))), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

/// Answers each ping with its pong.
final class PongHandler: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(Frame(.pong, unwrapInboundIn(data).body)), promise: nil)
    }
}
