import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// An operator's connection to a controller.
public final class ControllerClient: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>
    /// What attached sessions send.
    public let queue: LogQueue

    private init(channel: any Channel, handler: NIOLoopBound<ClientHandler>, queue: LogQueue) {
        self.channel = channel
        self.handler = handler
        self.queue = queue
    }

    /// Connects, and returns when the controller has accepted this operator.
    ///
    /// - Throws: `ClientError` with the reason in words.
    public static func connect(
        host: String, port: Int, tls: TLSContext, group: any EventLoopGroup
    ) async throws -> ControllerClient {
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        hello.software = "fleetrace \(Negotiation.software)"
        hello.host = (try? .ofThisProcess()) ?? WireHostFacts()
        let frame = try Frame(.hello, hello)
        let queue = LogQueue()
        let loop = group.next()
        let welcomed = loop.makePromise(of: NIOLoopBound<ClientHandler>.self)
        do {
            let channel = try await open(host, port, tls, loop, frame, welcomed, queue)
            return ControllerClient(channel: channel, handler: try await welcomed.futureResult.get(), queue: queue)
        } catch {
            welcomed.fail(error)
            throw ClientError.unreachable("\(host):\(port)", "\(error)")
        }
    }

    private static func open(
        _ host: String, _ port: Int, _ tls: TLSContext, _ loop: any EventLoop, _ hello: Frame,
        _ welcomed: EventLoopPromise<NIOLoopBound<ClientHandler>>, _ queue: LogQueue
    ) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // An operator whose terminal is behind does not read, so silence says nothing here. A controller that is gone
            // shows by pings that nobody acknowledges (TCP_USER_TIMEOUT, tcp(7); ms).
            .channelOption(.tcpOption(.init(rawValue: 18)), value: 60_000)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var limits = TransportLimits()
                    limits.idleTimeout = nil
                    try SecureTransport.addClient(to: channel, tls, limits: limits)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toOperator)))
                    try pipeline.addHandler(MessageToByteHandler(FrameEncoder()))
                    try pipeline.addHandler(ClientHandler(hello: hello, welcomed: welcomed, queue: queue))
                }
            }
            .connect(host: host, port: port).get()
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Throws: `ClientError.failed` when the controller refuses.
    public func request(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome {
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: WireReply.OneOf_Outcome.self)
        loop.execute { [handler] in handler.value.request(verb, promise) }
        let outcome = try await promise.futureResult.get()
        if case .refusal(let refusal) = outcome { throw ClientError.failed(refusal) }
        return outcome
    }

    public func close() async {
        try? await channel.close()
    }
}

/// Why an operator's request could not be served.
public enum ClientError: Error, Sendable, CustomStringConvertible {
    case closed
    case unknownAnswer
    case unreachable(String, String)
    case refused(WireGoodbye)
    case failed(WireRefusal)

    public var description: String {
        switch self {
        case .closed: "the controller closed the connection"
        case .unknownAnswer: "the controller gave an answer that this version does not know"
        case .unreachable(let address, let reason): "cannot reach the controller at \(address): \(reason)"
        case .refused(let goodbye):
            "the controller says: \(goodbye.text)"
                + (goodbye.versions.isEmpty
                    ? "" : " (it speaks protocol \(goodbye.versions.map(String.init).joined(separator: ", ")))")
        case .failed(let refusal): refusal.text + (refusal.detail.isEmpty ? "" : "\n\(refusal.detail)")
        }
    }
}
