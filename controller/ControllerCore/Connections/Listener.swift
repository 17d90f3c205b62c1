import Logging
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// The one port that agents and operators dial.
struct Listener {
    let channel: any Channel

    /// Handshakes under way at most; each costs more than a millisecond of CPU.
    private static let handshakes = 64

    static func start(
        host: String, port: Int, tls: TLSContext, controller: Controller, log: Logger
    ) async throws -> Listener {
        let gate = SharedHandshakeGate(limit: handshakes)
        let budget = controller.budget.connection
        let unread = UnreadPool(capacity: budget.unreadInAll)
        var limits = TransportLimits()
        limits.pendingBytes = budget.unread
        let channel = try await ServerBootstrap(group: controller.loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelInitializer { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addServer(to: channel, tls, limits: limits, gate: gate, unread: unread) {
                        failure in
                        log.warning("connection refused", metadata: ["reason": "\(failure)"])
                    }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(FrameIntake(framesPerTurn: budget.framesPerTurn))
                    try pipeline.addHandler(FrameWriter())
                    try pipeline.addHandler(PeerHandler(controller: controller))
                }
            }
            .bind(host: host, port: port).get()
        return Listener(channel: channel)
    }
}
