import NIOCore
import SecureTransport
import TraceProtocol

/// One operator's connection. Confined to the controller's loop; `Sendable` only so that its handler, on the same
/// loop, can hold it.
final class OperatorLink: @unchecked Sendable {
    let channel: any Channel
    let identity: PeerIdentity
    let host: WireHostFacts
    let reclaims: Bool
    /// The operator said Goodbye, or was told why the connection ends: it does not come back for its sessions.
    var isLeaving = false
    private var streams: [any OperatorStream] = []
    /// Requests without a reply.
    private var underWay: [UInt64: AuditedRequest] = [:]
    /// Notes a request and its result.
    private let audit: (OperatorLink, AuditedRequest, String) -> Void
    /// Requests without a reply so far.
    var requestsUnderWay = 0

    init(
        channel: any Channel, identity: PeerIdentity, host: WireHostFacts, reclaims: Bool = false,
        audit: @escaping (OperatorLink, AuditedRequest, String) -> Void
    ) {
        self.channel = channel
        self.identity = identity
        self.host = host
        self.reclaims = reclaims
        self.audit = audit
    }

    var name: String { identity.name }
    /// Its address, without the port.
    var address: String { channel.remoteAddress?.ipAddress ?? "?" }
    /// For logs of others.
    var description: String { "\(identity) from \(address)" }

    /// A request has come. Its reply is noted with it.
    func began(_ request: WireRequest) {
        let audited = AuditedRequest(request)
        if let earlier = underWay.updateValue(audited, forKey: request.request) {
            audit(self, earlier, "no reply: its number was used again")
        }
    }

    func send(_ frame: Frame) {
        channel.writeAndFlush(frame, promise: nil)
    }

    func respond(to request: UInt64, _ outcome: WireReply.OneOf_Outcome) {
        requestsUnderWay -= 1
        if let audited = underWay.removeValue(forKey: request) { audit(self, audited, outcome.auditText) }
        guard let frame = Self.reply(to: request, outcome) else { return }
        guard frame.body.readableBytes <= frame.type.maximumBody else {
            let refusal = WireRefusal(.unspecified, "the reply is longer than a frame may be")
            if let frame = Self.reply(to: request, .refusal(refusal)) { send(frame) }
            return
        }
        send(frame)
    }

    private static func reply(to request: UInt64, _ outcome: WireReply.OneOf_Outcome) -> Frame? {
        try? Frame(
            .reply,
            WireReply.with {
                $0.request = request
                $0.outcome = outcome
            })
    }

    func refuse(_ request: UInt64, _ refusal: WireRefusal) {
        respond(to: request, .refusal(refusal))
    }

    /// Whether the certificate grants at least this.
    func may(_ role: OperatorRole) -> Bool {
        (identity.operatorRole ?? .viewer) >= role
    }

    // MARK: Streams

    /// Sessions that it reads.
    var streamCount: Int { streams.count }

    /// The connection accepts more.
    func pump() {
        for stream in streams { stream.pump() }
    }

    func closed() {
        for audited in underWay.values { audit(self, audited, "no reply: the operator left") }
        underWay = [:]
        for stream in streams { stream.operatorLeft() }
    }
}

extension OperatorLink: SessionOperator {
    var isWritable: Bool { channel.isWritable }

    func add(_ stream: any OperatorStream) {
        streams.append(stream)
    }

    func remove(_ stream: any OperatorStream) {
        streams.removeAll { $0 === stream }
    }
}
