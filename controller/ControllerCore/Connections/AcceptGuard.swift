import Glibc
import NIOCore
import SecureTransport

/// Keeps the listener alive when the kernel has no file or memory for another connection (accept(2): EMFILE, ENFILE,
/// ENOBUFS, ENOMEM). Silent strangers make room, and the listener rests for a moment: the connection that could not be
/// accepted stays in the kernel's queue, which would otherwise wake the loop without end.
final class AcceptGuard: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let gate: SharedHandshakeGate
    private let onShortage: @Sendable (IOError) -> Void

    private static let dropped = 64
    private static let rest = TimeAmount.milliseconds(10)
    private static let shortages = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    init(gate: SharedHandshakeGate, onShortage: @escaping @Sendable (IOError) -> Void) {
        self.gate = gate
        self.onShortage = onShortage
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.shortages.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        onShortage(error)
        gate.dropSilent(Self.dropped)
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        channel.eventLoop.scheduleTask(in: Self.rest) {
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
    }
}
