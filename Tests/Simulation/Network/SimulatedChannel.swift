import NIOCore
import SecureTransport

/// One end of a simulated connection. Handlers in its pipeline see what they would see of a socket.
final class SimulatedChannel: Channel, @unchecked Sendable {
    let loop: SimulatedLoop
    var process: SimulatedProcess { loop.process }
    /// Where it sends to, and what it receives from.
    var outgoing: Wire?
    var incoming: Wire?
    private(set) var isActive = true
    private(set) var isWritable = true
    private var isReading = true
    private var isReadWanted = false
    private var hasEnded = false
    private var unflushed: [ByteBuffer] = []
    private var received = ByteBuffer()
    private let closePromise: EventLoopPromise<Void>
    private var ownPipeline: ChannelPipeline?

    let allocator = ByteBufferAllocator()
    let localAddress: SocketAddress? = nil
    let parent: (any Channel)? = nil
    let remoteAddress: SocketAddress? = SimulatedChannel.address

    private static let address = try? SocketAddress(ipAddress: "192.0.2.1", port: 7788)

    init(_ loop: SimulatedLoop) {
        self.loop = loop
        closePromise = loop.makePromise()
        ownPipeline = ChannelPipeline(channel: self)
    }

    var eventLoop: any EventLoop { loop }
    var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
    var _channelCore: any ChannelCore { self }
    var pipeline: ChannelPipeline {
        guard let ownPipeline else { preconditionFailure("the channel of a process that is gone") }
        return ownPipeline
    }

    /// Begins to read. Called on its loop, once the handlers are in the pipeline.
    func open() {
        pipeline.fireChannelActive()
        pipeline.read()
    }

    /// Its process is gone: nobody is told, and what waits for the end of the connection waits no longer.
    func abandon() {
        loop.borrow { close0(error: ChannelError.eof, mode: .all, promise: nil) }
    }

    func dismantle() {
        ownPipeline = nil
        (outgoing, incoming) = (nil, nil)
    }

    // MARK: From the wire

    /// Bytes that wait for a handler to want them.
    var unread: Int { received.readableBytes }

    func arrived(_ bytes: ByteBuffer) {
        guard isActive else { return }
        if received.readableBytes == 0 { received = bytes } else { received.writeImmutableBuffer(bytes) }
        passOn()
    }

    private func passOn() {
        while isActive, isReadWanted, received.readableBytes > 0 {
            isReadWanted = false
            let bytes = received
            received = ByteBuffer()
            pipeline.fireChannelRead(bytes)
            pipeline.fireChannelReadComplete()
            if isActive, isReading { pipeline.read() }
        }
        if isActive, hasEnded, received.readableBytes == 0 { close0(error: ChannelError.eof, mode: .all, promise: nil) }
    }

    /// The other end sends nothing more.
    func ended() {
        hasEnded = true
        passOn()
    }

    /// The connection is broken.
    func broke() {
        guard isActive else { return }
        hasEnded = true
        passOn()
        if isActive { close0(error: ChannelError.eof, mode: .all, promise: nil) }
    }

    func setWritable(_ writable: Bool) {
        guard writable != isWritable, isActive else { return }
        isWritable = writable
        loop.perform { [self] in if isActive { pipeline.fireChannelWritabilityChanged() } }
    }

    // MARK: Options

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        if option is ChannelOptions.Types.AutoReadOption, let isReading = value as? Bool {
            self.isReading = isReading
            if isReading, isActive { pipeline.read() }
        }
        return loop.makeSucceededVoidFuture()
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        loop.makeFailedFuture(ChannelError.operationUnsupported)
    }
}

extension SimulatedChannel: ChannelCore {
    func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func register0(promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
    func bind0(to address: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
    func connect0(to address: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        unflushed.append(unwrapData(data, as: ByteBuffer.self))
        promise?.succeed(())
    }

    func flush0() {
        for bytes in unflushed where process.step() { outgoing?.send(bytes) }
        unflushed.removeAll(keepingCapacity: true)
    }

    func read0() {
        guard !isReadWanted else { return }
        isReadWanted = true
        guard received.readableBytes > 0 else {
            incoming?.resume()
            return
        }
        loop.perform { [self] in passOn() }
    }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isActive else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        flush0()
        if process.step() { outgoing?.end() }
        promise?.succeed(())
        guard mode == .all else { return }
        isActive = false
        received = ByteBuffer()
        pipeline.fireChannelInactive()
        pipeline.fireChannelUnregistered()
        loop.perform { [self] in
            removeHandlers(pipeline: pipeline)
            closePromise.succeed(())
        }
    }

    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        if event is SecureTransport.Abandon { close0(error: ChannelError.eof, mode: .all, promise: nil) }
        promise?.succeed(())
    }
}
