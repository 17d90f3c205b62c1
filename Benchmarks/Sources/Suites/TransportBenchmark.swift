import Foundation
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// Frames of 64 KiB through mutual TLS over loopback, and what an idle connection costs.
enum TransportBenchmark {
    private static let frameBytes = 64 << 10
    private static let totalFrames = 32_000
    private static let idleConnections = 400
    /// How long connections rest before they are weighed, s: the transport gives memory back within this.
    private static let rest = 4.0

    static func run() async throws -> [Measurement] {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority.create(
            in: folder.path.appending("pki").string, controller: .controller("controller"),
            operator: .operator("bench", role: .admin), now: Int64(Date().timeIntervalSince1970))
        let layout = authority.layout
        let server = try TLSContext.server(layout.controller)
        let client = try TLSContext.client(layout.operator, server: .controller("controller"))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var results: [Measurement] = []
        do {
            results += try await stream(server, client, group)
            results += try await idle(server, client, group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
        return results
    }

    private static func stream(
        _ server: TLSContext, _ client: TLSContext, _ group: MultiThreadedEventLoopGroup
    ) async throws -> [Measurement] {
        let done = group.next().makePromise(of: Void.self)
        let total = totalFrames
        let listener = try await listen(server, group.next()) { FrameSink(expected: total, done: done) }
        let start = (Stopwatch.now(CLOCK_MONOTONIC), Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID))
        let connection = try await connect(client, group.next(), to: listener) {
            FrameSource(frames: total, bytes: frameBytes)
        }
        try await done.futureResult.get()
        let wall = Stopwatch.now(CLOCK_MONOTONIC) - start.0
        let cpu = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - start.1
        try? await connection.close()
        try? await listener.close()
        let megabytes = Double(total * frameBytes) / 1e6
        return [
            Measurement(
                "transport.bytes", megabytes / wall, "MB/s", note: "two threads, one to encrypt, one to decrypt"),
            Measurement("transport.frames", Double(total) / wall, "frames/s", note: "64 KiB each"),
            Measurement("transport.bytes.cpu", megabytes / cpu, "MB/s/core", note: "both ends together"),
        ]
    }

    private static func idle(
        _ server: TLSContext, _ client: TLSContext, _ group: MultiThreadedEventLoopGroup
    ) async throws -> [Measurement] {
        let loops = (group.next(), group.next())
        let never = group.next().makePromise(of: Void.self)
        defer { never.succeed(()) }
        let listener = try await listen(server, loops.0) { FrameSink(expected: .max, done: never) }
        // One first, so that what is loaded once is not counted.
        var connections = [try await greeted(client, loops.1, to: listener)]
        let before = resident()
        let cpu = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)
        for _ in 0..<idleConnections { connections.append(try await greeted(client, loops.1, to: listener)) }
        let handshakes = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - cpu
        try await Task.sleep(for: .seconds(rest))
        let perConnection = (resident() - before) / Double(idleConnections)
        for connection in connections { try? await connection.close() }
        try? await listener.close()
        return [
            Measurement(
                "transport.handshakes", Double(idleConnections) / handshakes, "handshakes/s/core",
                note: "both ends together"),
            Measurement(
                "transport.idle-connection", perConnection / 1024, "KiB",
                note: "resident, both ends and their sockets' pipelines, \(idleConnections) connections"),
        ]
    }

    /// A connection whose handshake is done.
    private static func greeted(_ tls: TLSContext, _ loop: any EventLoop, to listener: any Channel) async throws
        -> any Channel
    {
        let done = loop.makePromise(of: Void.self)
        let channel = try await connect(tls, loop, to: listener) { Greeting(done: done) }
        try await done.futureResult.get()
        return channel
    }

    private static func listen(
        _ tls: TLSContext, _ loop: any EventLoop, _ handler: @escaping @Sendable () -> some ChannelHandler
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addServer(to: channel, tls)
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(FrameDecoder()), handler(),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private static func connect(
        _ tls: TLSContext, _ loop: any EventLoop, to listener: any Channel,
        _ handler: @escaping @Sendable () -> some ChannelHandler
    ) async throws -> any Channel {
        guard let address = listener.localAddress else { throw InputError("the listener has no address") }
        return try await ClientBootstrap(group: loop)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addClient(to: channel, tls)
                    try channel.pipeline.syncOperations.addHandlers([
                        MessageToByteHandler(FrameEncoder()), handler(),
                    ])
                }
            }
            .connect(to: address).get()
    }

    /// Resident bytes of this process.
    private static func resident() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 * Double(getpagesize()) }
            ?? 0
    }
}

/// Counts the frames that arrive.
private final class FrameSink: ChannelInboundHandler {
    typealias InboundIn = Frame

    private var left: Int
    private let done: EventLoopPromise<Void>

    init(expected: Int, done: EventLoopPromise<Void>) {
        left = expected
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        left -= 1
        if left == 0 { done.succeed(()) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if left != .max { done.fail(error) }
        context.close(promise: nil)
    }
}

/// Sends frames as long as the connection takes them.
private final class FrameSource: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = Frame

    private var left: Int
    private let frame: Frame

    init(frames: Int, bytes: Int) {
        left = frames
        frame = Frame(.batch, ByteBuffer(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 167) }))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { pump(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    private func pump(_ context: ChannelHandlerContext) {
        while left > 0, context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            left -= 1
        }
    }
}

/// Waits for the end of the handshake.
private final class Greeting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<Void>

    init(done: EventLoopPromise<Void>) { self.done = done }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { done.succeed(()) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }
}
