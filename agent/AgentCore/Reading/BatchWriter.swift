import Glibc
import NIOCore
import RingBuffer
import TraceProtocol

/// Turns sub-buffers as the kernel wrote them into batch frames: cuts unused tails, counts, packs.
/// Confined to one reading thread.
final class BatchWriter {
    private var packers: [BatchCodec: Packer] = [:]

    /// - Parameters:
    ///   - pages: full-size sub-buffers, which are moved together in place.
    /// - Returns: a batch frame with room for its number, and how many events it holds; nil when the pages hold
    ///   neither events nor counts of lost ones.
    func batch(
        of pages: UnsafeMutableRawBufferPointer, layout: SubBufferLayout, cpu: Int, codec: BatchCodec
    ) throws(CodecError) -> (frame: Frame, events: UInt64)? {
        let length = Self.compact(pages, layout: layout)
        guard length > 0 else { return nil }
        let packed = UnsafeRawBufferPointer(rebasing: pages[..<length])
        let count = SubBufferSequence(packed, layout: layout, spacing: .packed).count()
        let packer = try packer(codec)
        var body = ByteBuffer()
        body.reserveCapacity(BatchHeader.length + packer.worstCase(length) / 4)
        BatchHeader(
            number: StreamNumber(session: 0, sequence: 0), cpu: UInt32(cpu),
            firstTimestamp: count.firstTimestamp ?? 0,
            lost: count.hasUnknownMissed ? BatchHeader.unknownLoss : count.missed,
            events: UInt32(clamping: count.events), codec: codec, rawLength: UInt32(length)
        ).write(into: &body)
        let headLength = body.readableBytes
        try packer.pack(packed, into: &body)
        ProcessCost.rawBytes.add(UInt64(length), ordering: .relaxed)
        ProcessCost.packedBytes.add(UInt64(body.readableBytes - headLength), ordering: .relaxed)
        return (Frame(.batch, body), count.events)
    }

    /// Moves the used parts of the pages together and returns their length. A malformed page (no kernel has written one
    /// yet) ends the batch; its events then show as missing in the session's totals.
    private static func compact(_ pages: UnsafeMutableRawBufferPointer, layout: SubBufferLayout) -> Int {
        guard let base = pages.baseAddress else { return 0 }
        var sequence = SubBufferSequence(UnsafeRawBufferPointer(pages), layout: layout, spacing: .fullSize)
        var end = 0
        var start = 0
        while let page = try? sequence.next() {
            defer { start = sequence.offset }
            if page.committedLength == 0, page.missedEvents == .none { continue }
            if end != start { memmove(base + end, base + start, page.usedLength) }
            end += page.usedLength
        }
        return end
    }

    private func packer(_ codec: BatchCodec) throws(CodecError) -> Packer {
        if let packer = packers[codec] { return packer }
        let packer = try Packer(codec)
        packers[codec] = packer
        return packer
    }
}
