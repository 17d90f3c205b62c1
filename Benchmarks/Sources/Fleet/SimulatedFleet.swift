import Foundation
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// Agents that are connections of this process, each with a name and a certificate of its own.
struct SimulatedFleet {
    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]

    /// Handshakes at the same time. Fewer than a listener accepts.
    private static let atOnce = 32

    static func start(
        _ count: Int, port: Int, authority: CertificateAuthority, inventory: SimulatedInventory,
        observe: @escaping @Sendable (SimulatedStep, Int64) -> Void = { _, _ in }
    ) async throws -> SimulatedFleet {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var channels: [any Channel] = []
        do {
            for start in stride(from: 0, to: count, by: atOnce) {
                let numbers = start..<min(start + atOnce, count)
                let agents = try numbers.map { number in
                    try connect(String(1000 + number), port, authority, inventory, group, observe)
                }
                for (channel, accepted) in agents {
                    channels.append(try await channel.get())
                    try await accepted.get()
                }
            }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        return SimulatedFleet(group: group, channels: channels)
    }

    private static func connect(
        _ number: String, _ port: Int, _ authority: CertificateAuthority, _ inventory: SimulatedInventory,
        _ group: MultiThreadedEventLoopGroup, _ observe: @escaping @Sendable (SimulatedStep, Int64) -> Void
    ) throws -> (EventLoopFuture<any Channel>, EventLoopFuture<Void>) {
        let files = try authority.issueFiles(.node("sim-\(number)"), now: Int64(Date().timeIntervalSince1970))
        let tls = try TLSContext.client(files, server: .controller("controller"))
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        hello.software = "simulated-agent \(Negotiation.software)"
        hello.host = try .ofThisProcess()
        // Each is a machine of its own, since agents of one machine exclude each other from their traces.
        hello.host.bootID = "simulated-\(number)"
        hello.host.hostname = "sim-\(number)"
        hello.labels = ["role": number.hasSuffix("0") ? "db" : "web"]
        hello.incarnation = number
        let loop = group.next()
        let accepted = loop.makePromise(of: Void.self)
        let channel = ClientBootstrap(group: loop)
            .channelInitializer { [hello] channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addClient(to: channel, tls)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toAgent)))
                    try pipeline.addHandler(FrameWriter())
                    try pipeline.addHandler(SimulatedAgent(hello, inventory, accepted: accepted, observe: observe))
                }
            }
            .connect(host: "127.0.0.1", port: port)
        channel.whenFailure { accepted.fail($0) }
        return (channel, accepted.futureResult)
    }

    func stop() async {
        for channel in channels { channel.close(promise: nil) }
        try? await group.shutdownGracefully()
    }
}
