import Foundation
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// Two ends in this process that exchange frames over loopback, each on a thread of its own: through mutual TLS, or over
/// plain TCP to compare with.
struct LoopbackLink: Sendable {
    enum Security: Sendable {
        case none
        case mutualTLS(server: TLSContext, client: TLSContext)
    }

    let security: Security
    let group: MultiThreadedEventLoopGroup

    /// Runs `body` with a link through mutual TLS, whose keys are made for it.
    static func with<Result: Sendable>(_ body: (LoopbackLink) async throws -> Result) async throws -> Result {
        let folder = try ScratchFolder()
        let authority = try CertificateAuthority.create(
            in: folder.path.appending("pki").string, controller: .controller("controller"),
            operator: .operator("bench", role: .admin), now: Int64(Date().timeIntervalSince1970))
        let layout = authority.layout
        let security = Security.mutualTLS(
            server: try TLSContext.server(layout.controller),
            client: try TLSContext.client(layout.operator, server: .controller("controller")))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            let result = try await body(LoopbackLink(security: security, group: group))
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func threads(_ group: MultiThreadedEventLoopGroup) -> [any EventLoop] {
        group.makeIterator().map { $0 }
    }

    /// Listens on the first thread.
    func listen(_ handler: @escaping @Sendable () -> some ChannelHandler) async throws -> any Channel {
        try await ServerBootstrap(group: Self.threads(group)[0])
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .mutualTLS(let server, _) = security { try SecureTransport.addServer(to: channel, server) }
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(FrameDecoder()), FrameWriter(), handler(),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Connects on the second thread.
    func connect(
        to listener: any Channel, _ handler: @escaping @Sendable () -> some ChannelHandler
    ) async throws -> any Channel {
        guard let address = listener.localAddress else { throw InputError("the listener has no address") }
        let channel = try await ClientBootstrap(group: Self.threads(group)[1])
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .mutualTLS(_, let client) = security { try SecureTransport.addClient(to: channel, client) }
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(FrameDecoder()), FrameWriter(), handler(),
                    ])
                }
            }
            .connect(to: address).get()
        // A plain connection has no handshake.
        if case .none = security { channel.pipeline.fireUserInboundEventTriggered(PlainConnectionReady()) }
        return channel
    }
}

/// Tells the handlers of a plain connection to begin, as `SecureTransportEvent` does when a handshake is done.
struct PlainConnectionReady: Sendable {}
