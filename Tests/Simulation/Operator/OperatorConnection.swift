import NIOCore
import TraceProtocol

@testable import OperatorClient

/// One connection of an operator, as `ControllerClient` is one.
final class OperatorConnection: @unchecked Sendable {
    let welcome: WireWelcome
    private let channel: SimulatedChannel
    private let handler: ClientHandler
    private var loop: SimulatedLoop { channel.loop }

    init(_ channel: SimulatedChannel, _ handler: ClientHandler, _ welcome: WireWelcome) {
        self.channel = channel
        self.handler = handler
        self.welcome = welcome
    }

    func request(
        _ verb: WireRequest.OneOf_Verb, _ then: @escaping (Result<WireReply.OneOf_Outcome, any Error>) -> Void
    ) {
        let promise = loop.makePromise(of: WireReply.OneOf_Outcome.self)
        promise.futureResult.assumeIsolated().whenComplete(then)
        handler.request(verb, promise)
    }

    func stop(_ session: UInt64) {
        channel.process.world.story?.add("operator", "stops the session")
        request(.stopSession(.with { $0.session = session })) { _ in }
    }

    func whenEnded(_ body: @escaping (any Error) -> Void) { handler.whenEnded(body) }

    /// Ends it in order.
    func leave() { handler.leave() }
}

extension SimulatedOperator {
    /// Opens a connection, which is there when the controller has accepted this operator.
    func dial(_ then: @escaping (Result<OperatorConnection, any Error>) -> Void) {
        fleet.dial(from: fleet.links.count - 1, loop) { [self] channel in
            guard let channel else {
                return then(.failure(ClientError.unreachable(address: "controller", reason: "", isFinal: false)))
            }
            do { try begin(on: channel, then) } catch { preconditionFailure("\(error)") }
        }
    }

    private func begin(
        on channel: SimulatedChannel, _ then: @escaping (Result<OperatorConnection, any Error>) -> Void
    ) throws {
        let accepted = loop.makePromise(of: ClientHandler.Accepted.self)
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        let handler = ClientHandler(hello: try Frame(.hello, hello), accepted: accepted, queue: queue)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toOperator)))
        try pipeline.addHandler(FrameWriter())
        try pipeline.addHandler(
            FrameTampering(schedule.bug) { [self] in
                if $1 == .fromController { hasNews = true }
                fleet.saw($0, $1, link: "operator")
            })
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in hasNews = true }
        try pipeline.addHandler(handler)
        handler.begin(try pipeline.context(handler: handler))
        channel.open()
        accepted.futureResult.assumeIsolated().whenComplete { result in
            then(result.map { OperatorConnection(channel, handler, $0.welcome) })
        }
    }
}
