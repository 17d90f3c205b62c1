import NIOCore
import NIOPosix
import SecureTransport
import SystemFacts
import TraceProtocol

/// The one port that agents and operators dial.
struct Listener {
    let channel: any Channel

    /// Connections that the kernel keeps until they are accepted; it lowers this to net.core.somaxconn.
    private static let backlog: Int32 = 4096
    /// Connections that are accepted in one turn of the loop, so that a flood does not make others wait.
    private static let acceptedPerTurn: UInt = 4
    /// Reads of one connection in one turn of the loop, of 64 KiB at most. A clock probe waits for the turns of others, and
    /// its bound is as wide as it waited.
    private static let readsPerTurn: UInt = 1

    static func start(host: String, port: Int, tls: TLSContext, controller: Controller) async throws -> Listener {
        var places = HandshakeLimits()
        // The rest is for peers that are known, and for the logs of sessions.
        places.places = min(places.places, OpenFileLimit.current / 4)
        let gate = SharedHandshakeGate(places)
        let budget = controller.budget.connection
        let unread = UnreadPool(capacity: budget.unreadInAll)
        var limits = TransportLimits()
        limits.pendingBytes = budget.unread
        let channel = try await ServerBootstrap(group: controller.loop)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.maxMessagesPerRead, value: acceptedPerTurn)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    let guardian = AcceptGuard(gate: gate) { error in
                        controller.assumeIsolated {
                            $0.connectionRefused("a connection could not be accepted", server, "\(error)")
                        }
                    }
                    try server.pipeline.syncOperations.addHandler(guardian)
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: readsPerTurn)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelInitializer { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addServer(to: channel, tls, limits: limits, gate: gate, unread: unread) {
                        failure in
                        controller.assumeIsolated {
                            $0.connectionRefused("connection refused", channel, failure.reason)
                        }
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
