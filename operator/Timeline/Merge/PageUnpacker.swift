import RingBuffer
import TraceDat
import TraceProtocol

/// Unpacks pages into memory of a pool. Confined to one thread.
final class PageUnpacker {
    let pool = PagePool()
    private let unpacker = Unpacker()

    /// Unpacks a batch's pages.
    ///
    /// - Parameter memory: receives the memory in which the pages lie.
    func unpack(
        _ batch: Batch, into memory: inout UnsafeMutableRawBufferPointer?
    ) throws(CodecError) -> UnsafeRawBufferPointer {
        let length = Int(batch.header.rawLength)
        let fresh = pool.allocate(length)
        memory = fresh
        let target = UnsafeMutableRawBufferPointer(rebasing: fresh[..<length])
        do {
            try batch.payload.withUnsafeReadableBytes { input in
                try unpacker.unpack(input, codec: batch.header.codec, into: target)
            }
        } catch {
            throw error as? CodecError ?? .corrupt(batch.header.codec, "\(error)")
        }
        return UnsafeRawBufferPointer(target)
    }

    /// The next pages of a trace.dat file's CPU; nil at their end.
    ///
    /// - Parameter memory: receives the memory in which the pages lie.
    func unpack(
        from reader: TraceDatPageReader, into memory: inout UnsafeMutableRawBufferPointer?
    ) throws(TraceDatError) -> UnsafeRawBufferPointer? {
        var fresh: UnsafeMutableRawBufferPointer?
        defer { memory = fresh }
        return try reader.next { length in
            let piece = pool.allocate(length)
            fresh = piece
            return piece
        }
    }
}
