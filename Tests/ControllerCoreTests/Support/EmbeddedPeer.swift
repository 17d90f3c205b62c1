import NIOCore
import NIOEmbedded
import SecureTransport
import TraceProtocol

@testable import ControllerCore

/// A connection to an `EmbeddedController`, from the other end: frames in, frames out.
class EmbeddedPeer {
    private(set) var fleet: EmbeddedController
    private(set) var channel: EmbeddedChannel
    private let identity: PeerIdentity
    /// What has come and was not asked for yet.
    private var waiting: [Frame] = []

    init(_ identity: PeerIdentity, _ fleet: EmbeddedController) {
        self.fleet = fleet
        self.identity = identity
        channel = EmbeddedChannel(loop: fleet.loop)
    }

    /// From now on it dials another controller process.
    func move(to fleet: EmbeddedController) {
        self.fleet = fleet
    }

    func connect(_ hello: WireHello) throws {
        let handler = PeerHandler(controller: fleet.controller)
        channel = EmbeddedChannel(handler: handler, loop: fleet.loop)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        handler.expectHello(from: identity, certificate: identity.uri, on: channel)
        var hello = hello
        hello.versions = Negotiation.versions
        waiting = []
        try send(Frame(.hello, hello))
    }

    func send(_ frame: Frame) throws {
        try channel.writeInbound(frame)
        fleet.loop.run()
    }

    func disconnect() {
        channel.close(promise: nil)
        fleet.loop.run()
    }

    /// Frames of a type that have come since they were last asked for. Others go on waiting.
    func frames(_ type: FrameType) throws -> [Frame] {
        fleet.loop.run()
        while let frame = try channel.readOutbound(as: Frame.self) { waiting.append(frame) }
        let found = waiting.filter { $0.type == type }
        waiting.removeAll { $0.type == type }
        return found
    }
}
