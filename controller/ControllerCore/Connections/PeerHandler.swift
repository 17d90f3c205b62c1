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
    /// The peer was told why the connection ends: whatever it sends now is ignored.
    private var isRefused = false

    /// What the controller keeps for the connection, from its `Hello` on.
    enum Peer: Sendable {
        case unknown(PeerIdentity)
        case node(NodeLink)
        case `operator`(OperatorLink)

        /// As its certificate names it.
        var name: String {
            switch self {
            case .unknown(let identity): "\(identity)"
            case .node(let link): "node/\(link.node.name)"
            case .operator(let link): "\(link.identity)"
            }
        }
    }

    private static let helloTimeout = TimeAmount.seconds(10)
    /// For a refused peer to read its Goodbye. It is not read meanwhile: whoever floods would be heard for that long.
    private static let refusalLinger = TimeAmount.milliseconds(500)

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
        guard !isRefused else { return }
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
        if error is ProtocolError { return refuse(context, error) }
        // A failed handshake is reported by the listener with the peer's address.
        if case .node(let link) = peer, link.endReason.isEmpty { link.endReason = "\(error)" }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        helloDeadline?.cancel()
        switch peer {
        case .node(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .operator(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .unknown, nil: break
        }
        peer = nil
    }

    /// Tells the peer why before the connection ends.
    private func refuse(_ context: ChannelHandlerContext, _ error: any Error) {
        // A Goodbye that cannot be sent must not lead to another: the encoder reports each write after a failed one.
        guard !isRefused else { return }
        isRefused = true
        // The text may quote what the peer sent, and a Goodbye has a limit.
        let reason = String("\(error)".prefix(1_000))
        var goodbye = WireGoodbye()
        goodbye.reason = error is OverBudget ? .overBudget : .protocolError
        goodbye.text = reason
        if case .noCommonVersion = error as? ProtocolError {
            goodbye.reason = .noCommonVersion
            goodbye.versions = Negotiation.versions
        }
        if let frame = try? Frame(.goodbye, goodbye) {
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        }
        context.triggerUserOutboundEvent(FrameIntake.Stop(), promise: nil)
        let address = context.channel.remoteAddress.map { "\($0)" } ?? "?"
        if let peer {
            controller.assumeIsolated {
                $0.logAbout(
                    peer.name, .warning, "connection ended",
                    ["peer": "\(peer.name)", "address": "\(address)", "reason": "\(reason)"])
            }
        }
        if case .node(let link) = peer { link.endReason = reason }
        // Its sessions go on without it now, and not only when it has closed its end.
        leave()
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.refusalLinger) {
            channel.triggerUserOutboundEvent(SecureTransport.Abandon(), promise: nil)
        }
    }
}
