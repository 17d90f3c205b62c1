import NIOCore
import SecureTransport
import TraceProtocol

/// Carries frames between one connection to the controller and the agent. Decides nothing.
final class Uplink: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    private let agent: Agent
    private var failure: (any Error)?

    init(agent: Agent) {
        self.agent = agent
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? SecureTransportEvent {
        case .handshakeCompleted:
            let channel = context.channel
            agent.assumeIsolated { $0.connected(channel) }
        case .certificateEnded(let error):
            failure = failure ?? error
            sendGoodbye(context, .certificateEnded, error.reason)
            context.close(promise: nil)
        case nil: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        do {
            try agent.assumeIsolated { try $0.received(frame) }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        agent.assumeIsolated { $0.pump() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil {
            failure = error
            // When the transport has failed, nothing can be sent over it.
            if error is ProtocolError { sendGoodbye(context, .protocolError, "\(error)") }
        }
        context.close(promise: nil)
    }

    private func sendGoodbye(_ context: ChannelHandlerContext, _ reason: WireGoodbye.Reason, _ text: String) {
        guard let frame = try? Frame(.goodbye, WireGoodbye(reason, text)) else { return }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = failure
        agent.assumeIsolated { $0.disconnected(reason) }
        context.fireChannelInactive()
    }
}
