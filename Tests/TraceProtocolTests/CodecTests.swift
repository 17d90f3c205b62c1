import NIOCore
import TestSupport
import Testing

@testable import TraceProtocol

@Suite struct CodecTests {
    /// Bytes with structure, as pages have.
    static func sample(_ length: Int) -> [UInt8] {
        var generator = SplitMix64(seed: UInt64(length))
        return (0..<length).map {
            $0 % 7 < 5 ? UInt8(truncatingIfNeeded: $0 / 64) : UInt8(truncatingIfNeeded: generator.next())
        }
    }

    @Test(arguments: BatchCodec.allCases, [0, 1, 4096, 65_536, 300_000])
    func packedBytesComeBack(codec: BatchCodec, length: Int) throws {
        guard length > 0 || codec != .none else { return }
        let packer = try Packer(codec)
        let unpacker = Unpacker()
        let input = Self.sample(length)
        for _ in 0..<3 {  // the contexts are used again
            var packed = ByteBuffer()
            try input.withUnsafeBytes { try packer.pack($0, into: &packed) }
            #expect(try Self.unpack(packed, codec, length, unpacker) == input)
        }
    }

    static func unpack(_ packed: ByteBuffer, _ codec: BatchCodec, _ length: Int, _ unpacker: Unpacker) throws -> [UInt8]
    {
        var output = [UInt8](repeating: 0xAA, count: length)
        try packed.withUnsafeReadableBytes { input in
            try output.withUnsafeMutableBytes { try unpacker.unpack(input, codec: codec, into: $0) }
        }
        return output
    }

    @Test(arguments: [BatchCodec.deflate, .zstd])
    func everythingButTheExactFrameIsRefused(codec: BatchCodec) throws {
        let input = Self.sample(50_000)
        var packed = ByteBuffer()
        try input.withUnsafeBytes { try Packer(codec).pack($0, into: &packed) }
        let unpacker = Unpacker()
        // A stated length that is too small (a bomb) or too large.
        for wrong in [0, 1, 49_999, 50_001, 500_000] {
            #expect(throws: CodecError.self) { try Self.unpack(packed, codec, wrong, unpacker) }
        }
        // Cut off.
        for cut in [0, 1, packed.readableBytes / 2, packed.readableBytes - 1] {
            let piece = packed.getSlice(at: packed.readerIndex, length: cut)!
            #expect(throws: CodecError.self) { try Self.unpack(piece, codec, 50_000, unpacker) }
        }
        // Something left over; a second frame.
        var longer = packed
        longer.writeInteger(UInt8(0))
        #expect(throws: CodecError.self) { try Self.unpack(longer, codec, 50_000, unpacker) }
        var twice = packed
        twice.writeImmutableBuffer(packed)
        #expect(throws: CodecError.self) { try Self.unpack(twice, codec, 100_000, unpacker) }
        // And the context still works.
        #expect(try Self.unpack(packed, codec, 50_000, unpacker) == input)
    }

    @Test(arguments: [BatchCodec.deflate, .zstd])
    func flippedBitsNeverTrap(codec: BatchCodec) throws {
        let input = Self.sample(5000)
        var packed = ByteBuffer()
        try input.withUnsafeBytes { try Packer(codec).pack($0, into: &packed) }
        let unpacker = Unpacker()
        for bit in 0..<packed.readableBytes * 8 {
            var bytes = Array(packed.readableBytesView)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try? Self.unpack(ByteBuffer(bytes: bytes), codec, 5000, unpacker)
        }
        #expect(try Self.unpack(packed, codec, 5000, unpacker) == input)
    }
}
