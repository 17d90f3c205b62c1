import NIOCore
import NIOEmbedded

@testable import SecureTransport

/// Two handlers without sockets. The test moves the bytes and the time.
final class EmbeddedPair {
    let loop = EmbeddedEventLoop()
    let client: EmbeddedChannel
    let server: EmbeddedChannel
    let clientRecord = Observations()
    let serverRecord = Observations()
    let clientHandler: SecureTransportHandler
    let serverHandler: SecureTransportHandler

    init(
        _ pki: TestPKI, limits: TransportLimits = TransportLimits(), client credentials: Credentials? = nil,
        halfClosure: Bool = false, unread: UnreadPool? = nil
    ) throws {
        clientHandler = SecureTransportHandler(
            try TLSContext.client(try (credentials ?? pki.node()).files, server: .controller("main")), limits: limits)
        serverHandler = SecureTransportHandler(
            try TLSContext.server(pki.controller.files), limits: limits, admission: nil, unread: unread, onFailure: nil)
        client = EmbeddedChannel(loop: loop)
        server = EmbeddedChannel(loop: loop)
        client.allowRemoteHalfClosure = halfClosure
        server.allowRemoteHalfClosure = halfClosure
        try client.pipeline.syncOperations.addHandlers([clientHandler, Witness(clientRecord, .listen)])
        try server.pipeline.syncOperations.addHandlers([serverHandler, Witness(serverRecord, .listen)])
        client.connect(to: try SocketAddress(ipAddress: "10.0.0.1", port: 7700), promise: nil)
        server.connect(to: try SocketAddress(ipAddress: "10.0.0.2", port: 40000), promise: nil)
    }

    /// Moves the written bytes of both sides in pieces of `piece` bytes, until nothing is left.
    func pump(piece: Int = .max) throws {
        while true {
            let fromClient = try move(client, to: server, piece)
            let fromServer = try move(server, to: client, piece)
            if !fromClient, !fromServer { return }
        }
    }

    @discardableResult
    func move(_ source: EmbeddedChannel, to target: EmbeddedChannel, _ piece: Int = .max) throws -> Bool {
        var moved = false
        while var data = try source.readOutbound(as: ByteBuffer.self) {
            moved = true
            while data.readableBytes > 0, target.isActive {
                guard let slice = data.readSlice(length: min(piece, data.readableBytes)) else { break }
                try target.writeInbound(slice)
            }
        }
        return moved
    }

    func finish() {
        _ = try? client.finish(acceptAlreadyClosed: true)
        _ = try? server.finish(acceptAlreadyClosed: true)
    }
}
