import NIOCore
import NIOEmbedded
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Frames of one peer: so many in a turn, and nothing is read while some wait")
struct FrameIntakeTests {
    private let loop = EmbeddedEventLoop()

    private func channel(framesPerTurn: Int) throws -> (EmbeddedChannel, Reads) {
        let reads = Reads()
        let channel = EmbeddedChannel(handlers: [reads, FrameIntake(framesPerTurn: framesPerTurn)], loop: loop)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        reads.count = 0
        return (channel, reads)
    }

    private func pings(_ count: Int) throws -> ByteBuffer {
        var data = ByteBuffer()
        for number in 0..<count { try Frame(.ping, ByteBuffer(integer: UInt32(number))).write(into: &data) }
        return data
    }

    private func passed(_ channel: EmbeddedChannel) throws -> [UInt32] {
        var numbers: [UInt32] = []
        while let frame = try channel.readInbound(as: Frame.self) {
            numbers.append(frame.body.getInteger(at: frame.body.readerIndex) ?? .max)
        }
        return numbers
    }

    @Test("A turn passes so many; the next turn comes later, and reading goes on when none is left")
    func turns() throws {
        let (channel, reads) = try channel(framesPerTurn: 4)
        try channel.writeInbound(pings(10))
        #expect(try passed(channel) == [0, 1, 2, 3])
        channel.read()
        #expect(reads.count == 0)
        loop.advanceTime(by: .microseconds(20))
        #expect(try passed(channel) == [4, 5, 6, 7])
        #expect(reads.count == 0)
        loop.advanceTime(by: .microseconds(20))
        #expect(try passed(channel) == [8, 9])
        #expect(reads.count == 1)
    }

    @Test("What comes while frames wait is behind them, in any pieces")
    func pieces() throws {
        let (channel, _) = try channel(framesPerTurn: 3)
        var data = try pings(50)
        while let piece = data.readSlice(length: min(7, data.readableBytes)), piece.readableBytes > 0 {
            try channel.writeInbound(piece)
        }
        for _ in 0..<20 { loop.advanceTime(by: .milliseconds(1)) }
        #expect(try passed(channel) == Array(0..<50))
    }

    @Test("Whole frames that came before the end count")
    func end() throws {
        let (channel, _) = try channel(framesPerTurn: 2)
        try channel.writeInbound(pings(9))
        channel.close(promise: nil)
        loop.run()
        #expect(try passed(channel) == Array(0..<9))
    }

    @Test("After the stop nothing is passed on or read")
    func stop() throws {
        let (channel, reads) = try channel(framesPerTurn: 2)
        try channel.writeInbound(pings(9))
        channel.triggerUserOutboundEvent(FrameIntake.Stop(), promise: nil)
        loop.advanceTime(by: .milliseconds(1))
        channel.read()
        #expect(try passed(channel) == [0, 1] && reads.count == 0)
    }

    @Test("A malformed frame is an error, once")
    func malformed() throws {
        let (channel, _) = try channel(framesPerTurn: 2)
        #expect(throws: ProtocolError.empty) { try channel.writeInbound(ByteBuffer(bytes: [0, 0, 0, 0, 0])) }
        try channel.writeInbound(pings(1))
        #expect(try passed(channel).isEmpty)
    }

    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }
}
