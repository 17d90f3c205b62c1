import NIOCore
import NIOEmbedded
import Testing

@testable import SecureTransport

/// The start and the end of a connection.
extension EmbeddedTests {
    @Test func nothingGoesOnBeforeTheHandshake() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        let written = pair.client.writeAndFlush(Pattern.buffer(from: 0, count: 100))
        let hello = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        #expect(hello.getInteger(at: 0, as: UInt8.self) == 22)
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
        #expect(pair.serverRecord.seen.order.isEmpty)
        try pair.server.writeInbound(hello)
        try pair.pump()
        #expect(pair.serverRecord.seen.order == ["identified", "data"])
        #expect(pair.serverRecord.seen.received == 100)
        try written.wait()
    }

    @Test func closeSendsCloseNotify() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        pair.client.write(Pattern.buffer(from: 0, count: 1000), promise: nil)
        pair.client.close(promise: nil)
        try pair.pump()
        #expect(pair.serverRecord.seen.received == 1000)
        #expect(pair.serverRecord.seen.failures.isEmpty)
        #expect(pair.serverRecord.seen.order == ["identified", "data", "inactive"])
        #expect(pair.clientRecord.seen.failures.isEmpty)
    }

    @Test func endOfStreamInTheHandshake() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        pair.server.pipeline.fireChannelInactive()
        #expect(pair.serverRecord.seen.failures.map(\.check) == [.endedInHandshake])
        #expect(pair.serverRecord.seen.order == ["failed", "inactive"])
    }

    @Test func endOfStreamBeforeTheServerSaidAnything() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        pair.client.pipeline.fireChannelInactive()
        #expect(pair.clientRecord.seen.failures.map(\.check) == [.endedBeforeData])
    }

    /// Handshake messages with a random byte changed give an error, never a trap.
    @Test func changedHandshakes() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<150 {
            let pair = try EmbeddedPair(pki)
            defer { pair.finish() }
            for step in 0..<3 {
                let (source, target) = step % 2 == 0 ? (pair.client, pair.server) : (pair.server, pair.client)
                while var data = try source.readOutbound(as: ByteBuffer.self) {
                    let place = Int.random(in: 0..<data.readableBytes, using: &random)
                    if Int.random(in: 0..<3, using: &random) == 0 {
                        data.setInteger(UInt8.random(in: 0...255, using: &random), at: data.readerIndex + place)
                    }
                    if target.isActive { try target.writeInbound(data) }
                }
            }
            try pair.pump()
            if pair.serverRecord.seen.identity != nil {
                #expect(pair.serverRecord.seen.identity == (try PeerIdentity.node("web-1")))
            }
        }
    }

    @Test func handshakesAreBoundedInBytes() throws {
        var limits = TransportLimits()
        limits.handshakeBytes = 1000
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        // A client hello with a stated length of 16,000 bytes, in two records of which the second is incomplete.
        var hello = ByteBuffer(bytes: [22, 3, 1, 0x20, 0x00, 1, 0, 0x3e, 0x80, 3, 3])
        hello.writeRepeatingByte(0, count: 0x2000 - 6)
        try pair.server.writeInbound(hello)
        #expect(pair.serverRecord.seen.failures.count == 1)
        #expect(!pair.server.isActive)
    }
}
