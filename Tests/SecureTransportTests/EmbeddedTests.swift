import NIOCore
import NIOEmbedded
import Testing

@testable import SecureTransport

/// Both sides are ours. There are no sockets and no waiting.
@Suite struct EmbeddedTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    @Test(arguments: [1, 2, 5, 7, 1000, .max])
    func anyFragmentation(_ piece: Int) throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump(piece: piece)
        #expect(pair.clientRecord.seen.identity == (try PeerIdentity.controller("main")))
        #expect(pair.serverRecord.seen.identity == (try PeerIdentity.node("web-1")))
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 40_000))
        try pair.server.writeOutbound(Pattern.buffer(from: 0, count: 17_000))
        try pair.pump(piece: piece)
        #expect(pair.serverRecord.seen.received == 40_000)
        #expect(pair.serverRecord.seen.firstWrongByte == nil)
        #expect(pair.clientRecord.seen.received == 17_000)
        #expect(pair.clientRecord.seen.firstWrongByte == nil)
    }

    @Test func smallWritesOfOneFlushShareARecord() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        var promises: [EventLoopFuture<Void>] = []
        for _ in 0..<100 { promises.append(pair.client.write(Pattern.buffer(from: 0, count: 10))) }
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
        pair.client.flush()
        let output = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        #expect(output.readableBytes == 1000 + TLSConnection.recordOverhead)
        for promise in promises { try promise.wait() }
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func emptyWritesAreKept() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        try pair.client.writeAndFlush(ByteBuffer()).wait()
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func aLargeFrameIsFullRecords() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        pair.client.writeAndFlush(Pattern.buffer(from: 0, count: 64 << 10), promise: nil)
        let output = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        #expect(output.readableBytes == (64 << 10) + 4 * TLSConnection.recordOverhead)
        try pair.server.writeInbound(output)
        #expect(pair.serverRecord.seen.largestPiece == 64 << 10)
    }

    @Test func plaintextWaitsForAWritableChannel() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        pair.client.isWritable = false
        pair.client.writeAndFlush(Pattern.buffer(from: 0, count: 500_000), promise: nil)
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
        #expect(pair.clientHandler.writes.bytes == 500_000)
        pair.client.isWritable = true
        pair.client.pipeline.fireChannelWritabilityChanged()
        #expect(pair.clientHandler.writes.bytes == 0)
        try pair.pump()
        #expect(pair.serverRecord.seen.received == 500_000)
        #expect(pair.serverRecord.seen.firstWrongByte == nil)
    }

    @Test func pendingPlaintextIsBounded() throws {
        var limits = TransportLimits()
        limits.pendingBytes = 100_000
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        // The largest write does not count.
        let first = pair.client.writeAndFlush(Pattern.buffer(from: 0, count: 500_000))
        #expect(pair.client.isActive)
        let second = pair.client.writeAndFlush(Pattern.buffer(from: 0, count: 100_000))
        #expect(throws: (any Error).self) { try first.wait() }
        #expect(throws: SecureTransportError.self) { try second.wait() }
        #expect(pair.clientRecord.seen.failures.map(\.check) == [.tooMuchPending(limit: 100_000)])
        #expect(!pair.client.isActive)
    }

    /// Small writes take more memory than their bytes, and so they count for more.
    @Test func manySmallWritesAreBounded() throws {
        var limits = TransportLimits()
        limits.pendingBytes = 100_000
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        try pair.pump()
        pair.client.isWritable = false
        for _ in 0..<300 { pair.client.writeAndFlush(ByteBuffer(bytes: [1]), promise: nil) }
        #expect(pair.client.isActive)
        for _ in 0..<300 { pair.client.writeAndFlush(ByteBuffer(bytes: [1]), promise: nil) }
        #expect(pair.clientRecord.seen.failures.map(\.check) == [.tooMuchPending(limit: 100_000)])
    }

    /// What waits in one connection leaves less for another, and is given back with it.
    @Test func connectionsShareAPool() throws {
        let pool = UnreadPool(capacity: 300_000)
        let pairs = try (0..<3).map { _ in try EmbeddedPair(pki, unread: pool) }
        defer { for pair in pairs { pair.finish() } }
        for pair in pairs {
            try pair.pump()
            pair.server.isWritable = false
        }
        // 120 KB are less than the 180 KB that are left, and more than the 60 KB that are left after the second. The
        // first write of each does not count.
        for size in [120_000, 120_000, 1] {
            pairs[0].server.writeAndFlush(ByteBuffer(repeating: 1, count: size), promise: nil)
        }
        #expect(pairs[0].serverRecord.seen.failures.isEmpty)
        for size in [120_000, 120_000, 1] {
            pairs[1].server.writeAndFlush(ByteBuffer(repeating: 1, count: size), promise: nil)
        }
        #expect(!pairs[1].serverRecord.seen.failures.isEmpty)
        // Who has nothing waiting may write all the same.
        pairs[2].server.writeAndFlush(ByteBuffer(repeating: 1, count: 1), promise: nil)
        #expect(pairs[2].serverRecord.seen.failures.isEmpty)
        pairs[0].server.isWritable = true
        pairs[0].server.pipeline.fireChannelWritabilityChanged()
        #expect(pool.used < 1000)
    }

    /// After the handshake the handler reads only on request, and again only if a read gave no plaintext.
    @Test func readsOnlyOnDemand() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        let counter = ReadCounter()
        try pair.server.pipeline.syncOperations.addHandler(counter, position: .first)
        #expect(try pair.server.pipeline.syncOperations.handler(type: ReadCounter.self) === counter)
        try pair.pump()
        #expect(counter.reads > 0, "it reads for its handshake by itself")
        counter.reads = 0
        try pair.client.writeOutbound(Pattern.buffer(from: 0, count: 1000))
        try pair.pump()
        #expect(pair.serverRecord.seen.received == 1000)
        #expect(counter.reads == 0)
        pair.server.pipeline.read()
        #expect(counter.reads == 1)
        try pair.client.writeOutbound(Pattern.buffer(from: 1000, count: 1000))
        var record = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        try pair.server.writeInbound(record.readSlice(length: 500))
        #expect(counter.reads == 2)
        try pair.server.writeInbound(record)
        #expect(counter.reads == 2)
        #expect(pair.serverRecord.seen.received == 2000)
    }

    /// A peer that requests replies (here by key updates) and never reads them must not fill the channel's buffer.
    @Test func answersToAPeerThatDoesNotReadAreBounded() throws {
        var limits = TransportLimits()
        limits.handshakeBytes = 8 << 10
        let pair = try EmbeddedPair(pki, limits: limits)
        defer { pair.finish() }
        try pair.pump()
        pair.server.isWritable = false
        let client = try #require(pair.clientHandler.connection)
        for _ in 0..<2000 where pair.server.isActive {
            client.updateKey(asking: true)
            pair.client.writeAndFlush(ByteBuffer(bytes: [0]), promise: nil)
            while let data = try pair.client.readOutbound(as: ByteBuffer.self), pair.server.isActive {
                try pair.server.writeInbound(data)
            }
        }
        #expect(pair.serverRecord.seen.failures.map(\.check) == [.peerNotReading])
    }

    @Test func keysAreChangedAfterSoManyRecords() throws {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        try pair.pump()
        let connection = try #require(pair.clientHandler.connection)
        connection.recordsPerKey = 10
        for index in 0..<50 {
            try pair.client.writeOutbound(Pattern.buffer(from: index * 20_000, count: 20_000))
            try pair.pump()
        }
        #expect(connection.keyUpdates == 10)
        #expect(pair.serverRecord.seen.received == 1_000_000)
        #expect(pair.serverRecord.seen.firstWrongByte == nil)
    }
}

/// Counts read requests to the channel.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var reads = 0

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }
}
