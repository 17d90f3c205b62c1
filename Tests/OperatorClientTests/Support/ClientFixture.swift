import NIOCore
import NIOEmbedded
import TraceProtocol

@testable import OperatorClient

/// The operator's end of a connection on an event loop that moves only when a test says so.
struct ClientFixture {
    let channel = EmbeddedChannel()
    let queue = LogQueue()
    let handler: ClientHandler
    let accepted: EventLoopFuture<ClientHandler.Accepted>

    /// - Parameter isAccepted: the hello has been sent and the controller's welcome received.
    init(isAccepted: Bool = true) throws {
        let promise = channel.eventLoop.makePromise(of: ClientHandler.Accepted.self)
        accepted = promise.futureResult
        handler = ClientHandler(hello: try Frame(.hello, WireHello()), accepted: promise, queue: queue)
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 7788), promise: nil)
        guard isAccepted else { return }
        try handshake()
        try receive(Frame(.welcome, WireWelcome()))
        _ = try sent()
    }

    func handshake() throws {
        handler.begin(try channel.pipeline.syncOperations.context(handler: handler))
    }

    /// What the controller sends.
    func receive(_ frame: Frame) throws {
        try channel.writeInbound(frame)
    }

    func reply(to request: UInt64, _ outcome: WireReply.OneOf_Outcome?) throws {
        var reply = WireReply()
        reply.request = request
        reply.outcome = outcome
        try receive(Frame(.reply, reply))
    }

    /// The frames that were sent since the last call.
    func sent() throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try channel.readOutbound(as: Frame.self) { frames.append(frame) }
        return frames
    }

    func request(_ verb: WireRequest.OneOf_Verb) -> RequestOutcome {
        let promise = channel.eventLoop.makePromise(of: WireReply.OneOf_Outcome.self)
        handler.request(verb, promise)
        return RequestOutcome(promise.futureResult)
    }

    /// What is told of the end from now on.
    func end() -> ConnectionEndRecord {
        let record = ConnectionEndRecord()
        handler.whenEnded { record.reasons.append("\($0)") }
        return record
    }

    /// What was last set; nil when it never was.
    var autoRead: Bool? {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }
}

/// The result of a request, looked at without waiting.
final class RequestOutcome {
    private(set) var result: Result<WireReply.OneOf_Outcome, any Error>?

    init(_ future: EventLoopFuture<WireReply.OneOf_Outcome>) {
        let box = NIOLoopBound(self, eventLoop: future.eventLoop)
        future.whenComplete { box.value.result = $0 }
    }

    var isPending: Bool { result == nil }

    var reply: WireReply.OneOf_Outcome? { try? result?.get() }

    var error: String? {
        guard case .failure(let error) = result else { return nil }
        return "\(error)"
    }
}

/// Why a connection ended, as often as it was told.
final class ConnectionEndRecord {
    fileprivate(set) var reasons: [String] = []
}
