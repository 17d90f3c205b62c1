import NIOCore
import TestSupport
import Testing

@testable import TraceProtocol

@Suite struct FrameCodecTests {
    @Test func framesSurviveAnySplitOfTheByteStream() throws {
        var generator = SplitMix64(seed: 1)
        let frames = (0..<200).map { _ in
            Frame(
                [.batch, .commandReply, .metadata, FrameType(rawValue: 0xEE)][Int(generator.next() % 4)],
                ByteBuffer(
                    bytes: (0..<Int(generator.next() % 700)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }))
        }
        var wire = ByteBuffer()
        for frame in frames { try frame.write(into: &wire) }
        let processor = NIOSingleStepByteToMessageProcessor(FrameDecoder())
        var decoded: [Frame] = []
        while wire.readableBytes > 0 {
            let piece = wire.readSlice(length: min(wire.readableBytes, 1 + Int(generator.next() % 300)))!
            try processor.process(buffer: piece) { decoded.append($0) }
        }
        #expect(decoded == frames)
    }

    @Test func aLengthOverTheTypesLimitIsRefusedFromItsPrefixAlone() {
        for type: FrameType in [.hello, .ping, .batch, .watermark, FrameType(rawValue: 0x77)] {
            var buffer = ByteBuffer()
            buffer.writeInteger(UInt32(type.maximumBody + 2))
            buffer.writeInteger(type.rawValue)
            #expect(throws: ProtocolError.tooLong(type, length: type.maximumBody + 1, limit: type.maximumBody)) {
                var decoder = FrameDecoder()
                _ = try decoder.decode(buffer: &buffer)
            }
        }
    }

    @Test func aFrameOfLengthZeroIsRefused() {
        var buffer = ByteBuffer(bytes: [0, 0, 0, 0])
        #expect(throws: ProtocolError.empty) {
            var decoder = FrameDecoder()
            _ = try decoder.decode(buffer: &buffer)
        }
    }

    @Test func aNewerPeersFieldsAreKept() throws {
        var hello = WireHello()
        hello.versions = [1, 2]
        var bytes: [UInt8] = try hello.serializedBytes()
        bytes += [0xF8, 0x07, 0x2A]  // field 127, varint 42
        let read: WireHello = try Frame(.hello, ByteBuffer(bytes: bytes)).message()
        #expect(read.versions == [1, 2])
    }

    @Test func randomBytesNeverTrapAParser() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(generator.next() % 90)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let body = ByteBuffer(bytes: bytes)
            _ = try? Batch(Frame(.batch, body))
            _ = try? Watermark(Frame(.watermark, body))
            _ = try? ClockReplyFrame(Frame(.clockReply, body))
            _ = try? CreditGrant(Frame(.credit, body))
            _ = try? Acknowledgement(Frame(.acknowledge, body))
            _ = try? LogChunk(Frame(.logChunk, body))
            let _: WireCommandReply? = try? Frame(.commandReply, body).message()
            var decoder = FrameDecoder()
            var wire = body
            while (try? decoder.decode(buffer: &wire)) ?? nil != nil {}
        }
    }
}
