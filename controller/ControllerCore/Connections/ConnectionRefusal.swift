import NIOCore
import SecureTransport
import TraceProtocol

/// Why a peer that has proved who it is may not stay. It gets the text in a Goodbye.
struct ConnectionRefusal: Error, CustomStringConvertible {
    let reason: WireGoodbye.Reason
    let description: String

    init(_ reason: WireGoodbye.Reason, _ text: String) {
        self.reason = reason
        description = text
    }
}

extension Controller {
    /// A connection has been authenticated.
    ///
    /// - Throws: `ConnectionRefusal` when its certificate has all the connections that it may have.
    func count(_ certificate: String, of identity: PeerIdentity) throws {
        guard certificates.begin(certificate, identity.role) else {
            throw ConnectionRefusal(
                .overloaded,
                "\(identity) has \(CertificateUse.most(identity.role)) connections with this certificate, the most that "
                    + "one may have; end one and try again")
        }
    }

    /// For a refused peer to read its Goodbye. It is not read meanwhile: whoever floods would be heard for that long.
    private static let refusalLinger = TimeAmount.milliseconds(500)

    /// Tells a peer why its connection ends, and ends it.
    func end(_ channel: any Channel, because error: any Error) {
        let reason = (error as? ConnectionRefusal)?.reason ?? (error is OverBudget ? .overBudget : .protocolError)
        var goodbye = WireGoodbye(reason, "\(error)")
        if case .noCommonVersion = error as? ProtocolError {
            goodbye.reason = .noCommonVersion
            goodbye.versions = Negotiation.versions
        }
        if let frame = try? Frame(.goodbye, goodbye) { channel.writeAndFlush(frame, promise: nil) }
        connectionRefused("connection ended", channel, "\(error)")
        channel.triggerUserOutboundEvent(FrameIntake.Stop(), promise: nil)
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.refusalLinger) {
            channel.triggerUserOutboundEvent(SecureTransport.Abandon(), promise: nil)
        }
    }
}
