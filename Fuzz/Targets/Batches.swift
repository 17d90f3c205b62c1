import NIOCore
import TraceProtocol

private let codecs: [BatchCodec] = [.none, .deflate, .zstd]
nonisolated(unsafe) private let unpacker = Unpacker()
nonisolated(unsafe) private let packers = codecs.compactMap { try? Packer($0) }

/// One byte: 255 for the body of a batch frame, or else a codec and pages. Pages come out of a batch as they went in, and
/// out of no batch that was changed in length.
@Sendable func fuzzBatches(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    let kind = bytes.byte()
    if kind == 255 {
        guard let batch = try? Batch(Frame(.batch, ByteBuffer(bytes.rest))) else { return }
        _ = unpack(batch.payload, batch.header.codec, length: Int(batch.header.rawLength))
        return
    }
    let packer = packers[Int(kind) % packers.count]
    var packed = ByteBuffer()
    do {
        try packer.pack(bytes.rest, into: &packed)
    } catch {
        fatalError("cannot pack: \(error)")
    }
    precondition(
        unpack(packed, packer.codec, length: bytes.rest.count)?.elementsEqual(bytes.rest) == true, "other pages")
    precondition(unpack(packed, packer.codec, length: bytes.rest.count + 1) == nil, "too few bytes are unnoticed")
    packed.writeInteger(UInt8(0))
    precondition(unpack(packed, packer.codec, length: bytes.rest.count) == nil, "a byte behind the end is unnoticed")
}

private func unpack(_ packed: ByteBuffer, _ codec: BatchCodec, length: Int) -> [UInt8]? {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
    defer { target.deallocate() }
    do {
        try packed.withUnsafeReadableBytes { try unpacker.unpack($0, codec: codec, into: target) }
    } catch {
        return nil
    }
    return Array(target)
}
