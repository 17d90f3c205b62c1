import RingBuffer
import TraceProtocol

/// Unpacks batches into memory that is used again. Confined to one thread.
///
/// Batches differ in length, and asking the system for a quarter of a megabyte of fresh pages for each costs as much
/// as walking them.
final class BatchUnpacker {
    private let unpacker = Unpacker()
    private var spare: [UnsafeMutableRawBufferPointer] = []

    /// Pieces kept for the next batches.
    private static let mostSpare = 16

    deinit { for memory in spare { memory.deallocate() } }

    /// Unpacks a batch's pages.
    ///
    /// - Parameter memory: what the stream's batch before lay in; too small, it is exchanged.
    /// - Returns: the pages, at the start of `memory`.
    func unpack(
        _ batch: Batch, into memory: inout UnsafeMutableRawBufferPointer?
    ) throws(CodecError) -> UnsafeRawBufferPointer {
        let length = Int(batch.header.rawLength)
        if memory.map({ $0.count < length }) ?? true {
            giveBack(&memory)
            memory = take(length)
        }
        guard let memory else { throw .noContext(batch.header.codec) }
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<length])
        do {
            try batch.payload.withUnsafeReadableBytes { input in
                try unpacker.unpack(input, codec: batch.header.codec, into: target)
            }
        } catch {
            throw error as? CodecError ?? .corrupt(batch.header.codec, "\(error)")
        }
        return UnsafeRawBufferPointer(target)
    }

    /// A stream has no batch at hand any more.
    func giveBack(_ memory: inout UnsafeMutableRawBufferPointer?) {
        guard let old = memory else { return }
        memory = nil
        if spare.count < Self.mostSpare { spare.append(old) } else { old.deallocate() }
    }

    private func take(_ length: Int) -> UnsafeMutableRawBufferPointer {
        if let index = spare.lastIndex(where: { $0.count >= length }) { return spare.remove(at: index) }
        // A stream's batches are about alike: the next one shall fit as well.
        let count = min(Batch.maximumRaw, max(length, length + length / 4, 64 << 10))
        return .allocate(byteCount: max(1, count, length), alignment: 16)
    }
}
