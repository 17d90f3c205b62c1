import Glibc
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// An operator's connection to a controller over TLS.
public final class ControllerClient: ControllerConnection {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>
    public let queue: LogQueue
    public let welcome: WireWelcome

    private init(_ accepted: ClientHandler.Accepted, channel: any Channel, queue: LogQueue) {
        self.channel = channel
        handler = accepted.handler
        welcome = accepted.welcome
        self.queue = queue
    }

    /// Attempts when the connection breaks without a reason before it is accepted: a controller that is flooded with
    /// connections may have given this one's place to another.
    private static let attempts = 3
    private static let pause = Duration.milliseconds(50)

    /// Connects, and returns when the controller has accepted this operator.
    ///
    /// - Parameter queue: what an attached session's stream is put into.
    /// - Throws: `ClientError.unreachable`; `.goodbye` with the controller's reason when it does not admit this operator.
    public static func connect(
        host: String, port: Int, tls: TLSContext, group: any EventLoopGroup, filling queue: LogQueue = LogQueue()
    ) async throws -> ControllerClient {
        var attempt = 1
        while true {
            do {
                return try await connectOnce(host, port, tls, group, queue)
            } catch  where attempt < attempts && isBroken(error) {
                try await Task.sleep(for: pause * attempt)
                attempt += 1
            } catch {
                // What the controller says itself is no failure to reach it.
                if let error = error as? ClientError { throw error }
                throw ClientError.unreachable(
                    address: "\(host):\(port)", reason: ConnectionFailure.reason(error),
                    isFinal: ConnectionEnd.isFinal(error))
            }
        }
    }

    /// Whether a connection ended with neither a reason from the controller nor one of this side.
    private static func isBroken(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let error as SecureTransportError: error.check == .endedInHandshake || error.check == .endedBeforeData
        default: false
        }
    }

    private static func connectOnce(
        _ host: String, _ port: Int, _ tls: TLSContext, _ group: any EventLoopGroup, _ queue: LogQueue
    ) async throws -> ControllerClient {
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        hello.software = "fleetrace \(Negotiation.software)"
        hello.host = (try? .ofThisProcess()) ?? WireHostFacts()
        let frame = try Frame(.hello, hello)
        let loop = group.next()
        let accepted = loop.makePromise(of: ClientHandler.Accepted.self)
        do {
            let channel = try await open(host, port, tls, loop, frame, accepted, queue)
            return ControllerClient(try await accepted.futureResult.get(), channel: channel, queue: queue)
        } catch {
            accepted.fail(error)
            throw error
        }
    }

    private static func open(
        _ host: String, _ port: Int, _ tls: TLSContext, _ loop: any EventLoop, _ hello: Frame,
        _ accepted: EventLoopPromise<ClientHandler.Accepted>, _ queue: LogQueue
    ) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // An operator whose terminal is slow stops reading, so silence does not mean that the controller is gone.
            // Pings that are not acknowledged for this long mean it (TCP_USER_TIMEOUT, tcp(7); ms).
            .channelOption(.tcpOption(.init(rawValue: 18)), value: 60_000)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var limits = TransportLimits()
                    limits.idleTimeout = nil
                    try SecureTransport.addClient(to: channel, tls, limits: limits)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toOperator)))
                    try pipeline.addHandler(FrameWriter())
                    try pipeline.addHandler(ClientHandler(hello: hello, accepted: accepted, queue: queue))
                }
            }
            .connect(host: host, port: port).get()
    }

    public func request(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome {
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: WireReply.OneOf_Outcome.self)
        loop.execute { [handler] in handler.value.request(verb, promise) }
        return try await promise.futureResult.get()
    }

    public func post(_ verb: WireRequest.OneOf_Verb) {
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: WireReply.OneOf_Outcome.self)
        loop.execute { [handler] in handler.value.request(verb, promise) }
    }

    public func whenEnded(_ body: @escaping @Sendable (any Error) -> Void) {
        channel.eventLoop.execute { [handler] in handler.value.whenEnded(body) }
    }

    /// The longest time for an orderly close. The process ends after that, and the kernel closes the connection.
    private static let closeTimeout = TimeAmount.milliseconds(300)

    public func close() async {
        let closed = channel.eventLoop.makePromise(of: Void.self)
        channel.eventLoop.scheduleTask(in: Self.closeTimeout) { [channel] in
            channel.close(promise: nil)
            closed.succeed()
        }
        channel.closeFuture.whenComplete { _ in closed.succeed() }
        interrupt()
        try? await closed.futureResult.get()
    }

    /// Ends the connection, and so whatever waits for it.
    public func interrupt() {
        channel.eventLoop.execute { [handler] in handler.value.leave() }
    }
}
