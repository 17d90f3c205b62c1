// Measures SecureTransport over loopback, both sides in this process.
//
//     TransportBenchmark throughput [MiB]      one connection, 64 KiB frames, client to server
//     TransportBenchmark handshakes [N]        N connections one after the other
//     TransportBenchmark idle [N]              memory of N idle connections, both sides counted
//
// Numbers of one machine at one time: state them with the machine.

import Foundation
import NIOCore
import NIOPosix
import SecureTransport
import Synchronization

/// Counts what comes; tells when the peer is known and when all is there.
final class Sink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ready: (@Sendable () -> Void)?
    private let done: (@Sendable () -> Void)?
    private var left: Int

    init(expecting bytes: Int, ready: (@Sendable () -> Void)? = nil, done: (@Sendable () -> Void)? = nil) {
        left = bytes
        self.ready = ready
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { ready?() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        left -= unwrapInboundIn(data).readableBytes
        if left == 0 { done?() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(1)
    }
}

/// Writes the same frame as long as the channel takes it.
final class Source: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    // One for all connections: it is not the transport's memory.
    private static let frame = ByteBuffer(repeating: 0x5a, count: 64 << 10)
    private var left: Int
    private var isSending = false

    init(bytes: Int) { left = bytes }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is SecureTransportEvent { send(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        while left > 0, context.channel.isWritable {
            left -= Self.frame.readableBytes
            context.writeAndFlush(wrapOutboundOut(Self.frame), promise: nil)
        }
    }
}

struct Setup {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let server: TLSContext
    let client: TLSContext

    init() throws {
        let directory = NSTemporaryDirectory() + "fleetrace-benchmark-\(UUID().uuidString)"
        let now = Int64(Date().timeIntervalSince1970)
        let authority = try CertificateAuthority.create(
            in: directory, controller: .controller("main"), operator: .operator("admin", role: .admin), now: now)
        let node = try authority.issueFiles(.node("web-1"), now: now)
        server = try TLSContext.server(authority.layout.controller)
        client = try TLSContext.client(node, server: .controller("main"))
        try FileManager.default.removeItem(atPath: directory)
    }

    func listen(_ sink: @escaping @Sendable () -> Sink) async throws -> any Channel {
        let server = server
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addServer(to: channel, server)
                    try channel.pipeline.syncOperations.addHandler(sink())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func connect(_ port: Int, bytes: Int, ready: (@Sendable () -> Void)? = nil) async throws -> any Channel {
        let client = client
        return try await ClientBootstrap(group: group)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addClient(to: channel, client)
                    try channel.pipeline.syncOperations.addHandlers([
                        Source(bytes: bytes), Sink(expecting: -1, ready: ready),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }
}

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentKiB() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
}

func report(_ name: String, _ value: Double, _ unit: String) {
    print("\(name): \((value * 10).rounded() / 10) \(unit)")
}

let arguments = CommandLine.arguments
let count = arguments.count > 2 ? Int(arguments[2]) : nil
let setup = try Setup()
let clock = ContinuousClock()

switch arguments.count > 1 ? arguments[1] : "" {
case "throughput":
    let bytes = (count ?? 4096) << 20
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let server = try await setup.listen { Sink(expecting: bytes, done: { continuation.finish() }) }
    let (start, cpu) = (clock.now, cpuSeconds())
    let client = try await setup.connect(server.localAddress?.port ?? 0, bytes: bytes)
    for await _ in stream {}
    let wall = (clock.now - start) / .seconds(1)
    report("throughput", Double(bytes) / 1e6 / wall, "MB/s")
    report("CPU, both sides with their sockets", (cpuSeconds() - cpu) / Double(bytes) * 1e12, "us/MB")
    try await client.close().get()

case "handshakes":
    let total = count ?? 1000
    let server = try await setup.listen { Sink(expecting: -1) }
    let (start, cpu) = (clock.now, cpuSeconds())
    for _ in 0..<total {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let client = try await setup.connect(server.localAddress?.port ?? 0, bytes: 0) { continuation.finish() }
        for await _ in stream {}
        try await client.close().get()
    }
    report("handshakes, both sides", Double(total) / ((clock.now - start) / .seconds(1)), "/s")
    report("CPU, both sides", (cpuSeconds() - cpu) / Double(total) * 1e6, "us each")

case "idle":
    let total = count ?? 2000
    let ready = Atomic(0)
    let server = try await setup.listen { Sink(expecting: -1, ready: { ready.add(1, ordering: .relaxed) }) }
    func connect(_ total: Int) async throws -> [any Channel] {
        var made: [any Channel] = []
        for _ in 0..<total { made.append(try await setup.connect(server.localAddress?.port ?? 0, bytes: 0)) }
        return made
    }
    // The first connections pay for what is made once.
    let warm = try await connect(50)
    try await Task.sleep(for: .seconds(2))
    let before = residentKiB()
    let connections = try await connect(total)
    while ready.load(ordering: .relaxed) < total + warm.count { try await Task.sleep(for: .milliseconds(100)) }
    try await Task.sleep(for: .seconds(3))
    let after = residentKiB()
    report("memory of an idle connection, one side", Double(after - before) / Double(connections.count * 2), "KiB")
    withExtendedLifetime((warm, connections)) {}

default:
    print("usage: TransportBenchmark throughput [MiB] | handshakes [N] | idle [N]")
    exit(2)
}
