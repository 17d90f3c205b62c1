import NIOCore
import TraceProtocol

/// What packing costs and how much smaller it makes batches, by either codec.
enum CodecBenchmark {
    /// Bytes of pages that are packed. More than the caches hold.
    private static let sample = 64 << 20

    static func run(_ recording: RecordedPages) throws -> [Measurement] {
        var results: [Measurement] = []
        for codec in [BatchCodec.deflate, .zstd] {
            for pieceSize in [64 << 10, RecordedPages.regionSize] {
                results += try run(recording, codec, pieceSize)
            }
        }
        return results
    }

    private static func run(_ recording: RecordedPages, _ codec: BatchCodec, _ pieceSize: Int) throws -> [Measurement] {
        let pieces = Self.pieces(recording, pieceSize)
        let packer = try Packer(codec)
        let unpacker = Unpacker()
        let raw = pieces.reduce(0) { $0 + $1.count }
        let packed = try pieces.map { piece in
            var out = ByteBuffer()
            try packer.pack(piece, into: &out)
            return out
        }
        let size = packed.reduce(0) { $0 + $1.readableBytes }
        var out = ByteBuffer()
        let pack = try Stopwatch.repeated {
            for piece in pieces {
                out.clear()
                try packer.pack(piece, into: &out)
            }
            return Double(raw)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { memory.deallocate() }
        let unpack = try Stopwatch.repeated {
            for (piece, packed) in zip(pieces, packed) {
                let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<piece.count])
                try packed.withUnsafeReadableBytes { try unpacker.unpack($0, codec: codec, into: target) }
            }
            return Double(raw)
        }
        let name = "codec.\(codec).\(pieceSize >> 10)K"
        return [
            Measurement("\(name).pack", pack.work / 1e6 / pack.1.cpu, "MB/s/core"),
            Measurement("\(name).unpack", unpack.work / 1e6 / unpack.1.cpu, "MB/s/core"),
            Measurement("\(name).ratio", Double(raw) / Double(max(1, size)), "x smaller"),
        ]
    }

    /// Pieces of at most `size` bytes. They end anywhere in a page, which makes no difference to a codec.
    private static func pieces(_ recording: RecordedPages, _ size: Int) -> [UnsafeRawBufferPointer] {
        var pieces: [UnsafeRawBufferPointer] = []
        var total = 0
        for region in recording.regions {
            var start = 0
            while start < region.bytes.count, total < Self.sample {
                let end = min(region.bytes.count, start + size)
                pieces.append(UnsafeRawBufferPointer(rebasing: region.bytes[start..<end]))
                total += end - start
                start = end
            }
        }
        return pieces
    }
}
