import Logging
import NIOCore
import SecureTransport
import TraceProtocol

/// Carries frames between one peer's connection and the controller. It decides only who the peer is, by the peer's
/// certificate.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private let controller: Controller
    private var peer: Peer?
    private var helloDeadline: Scheduled<Void>?
    /// A Goodbye that cannot be sent must not lead to another: the encoder reports each write after a failed one.
    private var isRefusing = false

    /// What the controller keeps for the connection, from its `Hello` on.
    enum Peer: Sendable {
        case unknown(PeerIdentity)
        case node(NodeLink)
        case `operator`(OperatorLink)
    }

    private static let helloTimeout = TimeAmount.seconds(10)

    init(controller: Controller) {
        self.controller = controller
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let identity, _) = event as? SecureTransportEvent {
            expectHello(from: identity, on: context.channel)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The certificate has said who the peer is.
    func expectHello(from identity: PeerIdentity, on channel: any Channel) {
        peer = .unknown(identity)
        helloDeadline = channel.eventLoop.scheduleTask(in: Self.helloTimeout) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        do {
            switch peer {
            case .unknown(let identity):
                guard frame.type == .hello else { throw ProtocolError.unexpected(frame.type, "before Hello") }
                helloDeadline?.cancel()
                let channel = context.channel
                let hello: WireHello = try frame.message()
                peer = try controller.assumeIsolated { try $0.accept(hello, from: identity, on: channel) }
            case .node(let link): try controller.assumeIsolated { try $0.receive(frame, from: link) }
            case .operator(let link): try controller.assumeIsolated { try $0.receive(frame, from: link) }
            case nil: break
            }
        } catch {
            refuse(context, error)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .operator(let link) = peer { link.pump() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A failed handshake is reported by the listener with the peer's address.
        if error is ProtocolError { refuse(context, error) } else { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        helloDeadline?.cancel()
        switch peer {
        case .node(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .operator(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .unknown, nil: break
        }
        context.fireChannelInactive()
    }

    /// Tells the peer why before the connection ends.
    private func refuse(_ context: ChannelHandlerContext, _ error: any Error) {
        guard !isRefusing else { return }
        isRefusing = true
        var goodbye = WireGoodbye()
        goodbye.reason = .protocolError
        // The text may quote what the peer sent, and a Goodbye has a limit.
        goodbye.text = String("\(error)".prefix(1_000))
        if case .noCommonVersion = error as? ProtocolError {
            goodbye.reason = .noCommonVersion
            goodbye.versions = Negotiation.versions
        }
        if let frame = try? Frame(.goodbye, goodbye) {
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        }
        controller.assumeIsolated { $0.log }.warning(
            "connection ended",
            metadata: ["peer": "\(context.channel.remoteAddress?.shown ?? "?")", "reason": "\(error)"])
        context.close(promise: nil)
    }
}
