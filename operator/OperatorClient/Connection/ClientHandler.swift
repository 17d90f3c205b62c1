import NIOCore
import SecureTransport
import TraceProtocol

/// The operator's end of a connection: sends requests, matches replies to them, and queues what sessions send.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = Frame
    typealias OutboundOut = Frame

    /// The controller has accepted this operator.
    struct Accepted: Sendable {
        let handler: NIOLoopBound<ClientHandler>
        let welcome: WireWelcome
    }

    private let hello: Frame
    private let accepted: EventLoopPromise<Accepted>
    private let queue: LogQueue
    /// Requests without a reply, by their numbers.
    private var pending: [UInt64: EventLoopPromise<WireReply.OneOf_Outcome>] = [:]
    private var lastRequest: UInt64 = 0
    /// Why the connection ends; nil while nothing is wrong.
    private var failure: (any Error)?
    /// Called when the connection has ended.
    private var onEnd: [(any Error) -> Void] = []
    private var context: ChannelHandlerContext?
    private var nextPing: Scheduled<Void>?
    private var welcomeDeadline: Scheduled<Void>?
    /// Something has come since the last ping, or it could not: nobody reads while the queue is full.
    private var hasHeard = true
    /// The controller's silence lasts for so many pings.
    private var silentPings = 0

    /// The controller closes a connection on which nothing comes for 60 s.
    static let pingInterval = TimeAmount.seconds(15)
    /// Pings without an answer after which the controller is gone.
    private static let mostSilentPings = 2
    /// From the connection to the controller's first frame.
    static let welcomeTimeout = TimeAmount.seconds(10)

    init(hello: Frame, accepted: EventLoopPromise<Accepted>, queue: LogQueue) {
        self.hello = hello
        self.accepted = accepted
        self.queue = queue
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func request(_ verb: WireRequest.OneOf_Verb, _ promise: EventLoopPromise<WireReply.OneOf_Outcome>) {
        guard let context, context.channel.isActive else { return promise.fail(endReason) }
        lastRequest += 1
        var request = WireRequest()
        request.request = lastRequest
        request.verb = verb
        pending[lastRequest] = promise
        do {
            context.writeAndFlush(wrapOutboundOut(try Frame(.request, request)), promise: nil)
        } catch {
            pending.removeValue(forKey: lastRequest)?.fail(error)
        }
    }

    /// Calls `body` when the connection has ended; at once if it has.
    func whenEnded(_ body: @escaping (any Error) -> Void) {
        guard let context, context.channel.isActive else { return body(endReason) }
        onEnd.append(body)
    }

    private var endReason: any Error { failure ?? ClientError.closed }

    /// Ends the connection in order: the controller need not wait for this operator to come back.
    func leave() {
        guard let context, context.channel.isActive else { return }
        leave(context, WireGoodbye(.shuttingDown, "the command has ended"))
    }

    private func leave(_ context: ChannelHandlerContext, _ goodbye: WireGoodbye) {
        guard let goodbye = try? Frame(.goodbye, goodbye) else { return context.close(promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(goodbye)).whenComplete { _ in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? SecureTransportEvent {
        case .handshakeCompleted: begin(context)
        case .certificateEnded(let error):
            // The controller has its own timer for this: whichever is first, the session does not wait for an operator who
            // may not come back.
            failure = failure ?? error
            leave(context, WireGoodbye(.certificateEnded, error.reason))
        case nil: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The transport is secure: introduces this operator, and sends pings from then on.
    func begin(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(hello), promise: nil)
        schedulePing(context)
        welcomeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: Self.welcomeTimeout) { [self] in
            endSilence(after: Self.welcomeTimeout)
        }
    }

    private func schedulePing(_ context: ChannelHandlerContext) {
        nextPing = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pingInterval) { [self] in ping() }
    }

    private func ping() {
        guard let context else { return }
        silentPings = hasHeard ? 0 : silentPings + 1
        guard silentPings < Self.mostSilentPings else { return endSilence(after: Self.pingInterval * 2) }
        hasHeard = queue.isFull
        context.writeAndFlush(wrapOutboundOut(Frame(.ping, ByteBuffer())), promise: nil)
        schedulePing(context)
    }

    private func endSilence(after time: TimeAmount) {
        guard let context else { return }
        errorCaught(context: context, error: ClientError.silent(.nanoseconds(time.nanoseconds)))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        hasHeard = true
        do {
            try receive(frame, context)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func receive(_ frame: Frame, _ context: ChannelHandlerContext) throws {
        switch frame.type {
        case .welcome:
            let welcome: WireWelcome = try frame.message()
            welcomeDeadline?.cancel()
            accepted.succeed(
                Accepted(handler: NIOLoopBound(self, eventLoop: context.eventLoop), welcome: welcome))
        case .reply:
            let reply: WireReply = try frame.message()
            guard let promise = pending.removeValue(forKey: reply.request) else { return }
            if let outcome = reply.outcome {
                promise.succeed(outcome)
            } else {
                promise.fail(ClientError.unknownReply)
            }
        case .logChunk: put(.chunk(try LogChunk(frame).compacted()), context)
        case .countReport: put(.counts(try frame.message(), bytes: frame.body.readableBytes), context)
        case .streamEnd:
            let end: WireStreamEnd = try frame.message()
            put(.end(problem: end.problem), context)
        case .ping: context.writeAndFlush(wrapOutboundOut(Frame(.pong, frame.body)), promise: nil)
        case .goodbye:
            let goodbye: WireGoodbye = try frame.message()
            failure = ClientError.goodbye(goodbye)
        default: break
        }
    }

    /// When the queue is full, the connection stops reading, and the controller keeps the rest on its disk.
    private func put(_ item: LogQueue.Item, _ context: ChannelHandlerContext) {
        let channel = context.channel
        let hasRoom = queue.put(item) { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        if !hasRoom { channel.setOption(.autoRead, value: false).whenComplete { _ in } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = error }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        accepted.fail(endReason)
        for promise in pending.values { promise.fail(endReason) }
        pending.removeAll()
        self.context = nil
        for body in onEnd { body(endReason) }
        onEnd = []
        nextPing?.cancel()
        welcomeDeadline?.cancel()
        context.fireChannelInactive()
    }
}
