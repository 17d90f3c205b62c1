import NIOCore
import NIOEmbedded
import Testing

@testable import SecureTransport

/// Timers: deadlines, idle peers, and the release of storage.
extension EmbeddedTests {
    @Test func handshakeTimeout() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        pair.loop.advanceTime(by: .milliseconds(9_999))
        #expect(pair.server.isActive)
        pair.loop.advanceTime(by: .milliseconds(1))
        #expect(pair.serverRecord.seen.failures.map(\.check) == [.handshakeTimeout(milliseconds: 10_000)])
        #expect(pair.serverRecord.seen.failures.first?.peerAddress == "10.0.0.2:40000")
        #expect(!pair.server.isActive)
    }

    @Test func theHandshakesDeadlineEndsWithIt() throws {
        var limits = TransportLimits()
        limits.idleTimeout = nil
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        try pair.pump()
        pair.loop.advanceTime(by: .hours(1))
        #expect(pair.server.isActive && pair.client.isActive)
    }

    @Test func idleTimeoutCountsFromTheLastBytes() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        pair.server.pipeline.read()
        pair.loop.advanceTime(by: .seconds(50))
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 1))
        try pair.pump()
        pair.server.pipeline.read()
        pair.loop.advanceTime(by: .seconds(59))
        #expect(pair.server.isActive)
        pair.loop.advanceTime(by: .seconds(1))
        #expect(pair.serverRecord.seen.failures.map(\.check) == [.idleTimeout(milliseconds: 60_000)])
    }

    @Test func aSideThatDoesNotReadIsNotIdle() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        pair.server.pipeline.fireChannelReadComplete()
        try pair.pump()
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 1))
        try pair.pump()
        pair.loop.advanceTime(by: .hours(1))
        #expect(pair.serverRecord.seen.failures.isEmpty)
    }

    /// The server's clock says that a certificate has ended: a message may follow, and 2 s later the connection fails.
    @Test func aConnectionEndsWithACertificate() throws {
        var limits = TransportLimits()
        limits.idleTimeout = nil
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        try pair.pump()
        let peer = try #require(pair.serverRecord.seen.facts?.peerCertificate.notAfter)
        let end = min(peer, pair.serverHandler.ownCertificateEnd)
        pair.serverHandler.wallClock = { end }
        pair.loop.advanceTime(by: .minutes(10))
        #expect(pair.server.isActive && pair.serverRecord.seen.certificateEnded == nil)
        pair.serverHandler.wallClock = { end + 1 }
        // It looks at the clock once a minute, and once a second when the end is near.
        pair.loop.advanceTime(by: .seconds(1))
        let check = try #require(pair.serverRecord.seen.certificateEnded?.check)
        #expect(check == .endedWhileOpen(isOwn: end == pair.serverHandler.ownCertificateEnd))
        #expect(pair.server.isActive && pair.serverRecord.seen.failures.isEmpty)
        pair.loop.advanceTime(by: .seconds(2))
        #expect(pair.serverRecord.seen.failures.map(\.check) == [check])
    }

    @Test func unusedStorageIsGivenBack() throws {
        var limits = TransportLimits()
        limits.idleTimeout = nil
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        try pair.pump()
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 100_000))
        try pair.pump()
        #expect(pair.serverHandler.plaintext.capacity >= 100_000)
        #expect((pair.clientHandler.connection?.wire.outbound.capacity ?? 0) >= 100_000)
        pair.loop.advanceTime(by: .seconds(3))
        #expect(pair.serverHandler.plaintext.capacity <= 1024)
        #expect((pair.clientHandler.connection?.wire.outbound.capacity ?? .max) <= 1024)
        #expect((pair.serverHandler.connection?.wire.inbound.capacity ?? .max) <= 1024)
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 100_000))
        try pair.pump()
        #expect(pair.serverRecord.seen.received == 200_000)
    }
}
