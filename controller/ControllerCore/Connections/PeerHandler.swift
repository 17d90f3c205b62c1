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
    /// The fingerprint of the certificate that this connection counts for.
    private var certificate: String?
    private var helloDeadline: Scheduled<Void>?
    /// The peer was told why the connection ends: whatever it sends now is ignored.
    private var isRefused = false

    /// What the controller keeps for the connection, from its `Hello` on.
    enum Peer: Sendable {
        case unknown(PeerIdentity)
        case newcomer(Newcomer)
        case node(NodeLink)
        case `operator`(OperatorLink)
    }

    private static let helloTimeout = TimeAmount.seconds(10)

    init(controller: Controller) {
        self.controller = controller
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? SecureTransportEvent {
        case .handshakeCompleted(let identity, let facts):
            expectHello(from: identity, certificate: facts.peerCertificate.fingerprint, on: context.channel)
        case .certificateEnded(let error): certificateEnded(error, on: context.channel)
        case nil: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The certificate has said who the peer is.
    func expectHello(from identity: PeerIdentity, certificate: String, on channel: any Channel) {
        do {
            try controller.assumeIsolated { try $0.count(certificate, of: identity) }
        } catch {
            return refuse(channel, error)
        }
        self.certificate = certificate
        peer = .unknown(identity)
        helloDeadline = channel.eventLoop.scheduleTask(in: Self.helloTimeout) { channel.close(promise: nil) }
    }

    /// Sessions learn why they lose the peer before the connection ends.
    func certificateEnded(_ error: SecureTransportError, on channel: any Channel) {
        let refusal = ConnectionRefusal(.certificateEnded, error.reason)
        if case .operator(let link) = peer {
            controller.assumeIsolated { $0.disconnected(link, because: refusal.description) }
        }
        refuse(channel, refusal)
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
            case .newcomer(let newcomer):
                guard let link = newcomer.link else { throw ProtocolError.unexpected(frame.type, "before Welcome") }
                peer = .node(link)
                try controller.assumeIsolated { try $0.receive(frame, from: link) }
            case .node(let link): try controller.assumeIsolated { try $0.receive(frame, from: link) }
            case .operator(let link): try controller.assumeIsolated { try $0.receive(frame, from: link) }
            case nil: break
            }
        } catch {
            refuse(context.channel, error)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .operator(let link) = peer { link.pump() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is ProtocolError { return refuse(context.channel, error) }
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
        if let certificate { controller.assumeIsolated { $0.certificates.end(certificate) } }
        switch peer {
        case .newcomer(let newcomer): controller.assumeIsolated { $0.disconnected(newcomer) }
        case .node(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .operator(let link): controller.assumeIsolated { $0.disconnected(link) }
        case .unknown, nil: break
        }
        peer = nil
    }

    /// Tells the peer why before the connection ends.
    private func refuse(_ channel: any Channel, _ error: any Error) {
        guard !isRefused else { return }
        isRefused = true
        if case .node(let link) = peer { link.endReason = "\(error)" }
        if case .operator(let link) = peer { link.isLeaving = true }
        controller.assumeIsolated { $0.end(channel, because: error) }
        // Its sessions go on without it now, and not only when it has closed its end.
        leave()
    }
}
