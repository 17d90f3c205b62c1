import RingBuffer

/// Reads the recorded pages of one CPU in order, some at a time.
///
/// It holds one chunk in memory, whatever the recording's size: 256 KiB of pages, or one compressed chunk (10 pages in
/// trace-cmd's files), at most `maximumChunkSize`.
public final class TraceDatPageReader {
    /// The largest compressed chunk that is read, in decompressed bytes.
    public static let maximumChunkSize = 16 << 20
    private static let regionSize = 256 << 10

    /// How to read the pages: they have full size, except that the last may be shorter.
    public let layout: SubBufferLayout

    private let source: ByteSource
    private var position: UInt64
    private let end: UInt64
    private let decompressor: Decompressor?
    /// Compressed chunks that are left, or `nil` before their number has been read.
    private var chunksLeft: UInt32?
    private var pages = ReusableMemory()
    private var compressed = ReusableMemory()

    init(source: ByteSource, layout: SubBufferLayout, cpu: TraceDatCPU, compression: TraceDatCompression?) {
        self.source = source
        self.layout = layout
        position = cpu.offset
        // This cannot overflow, because the size was limited to what the file has.
        end = cpu.offset + cpu.size
        decompressor = compression.map { Decompressor($0) }
        if cpu.size == 0 { chunksLeft = 0 }
    }

    /// The next pages, or `nil` at the end. They are valid until the next call.
    ///
    /// - Throws: `TraceDatError` for pages that cannot be read. If their end in the file is known, the next call
    ///   continues
    ///   after them, else it returns `nil`.
    public func next() throws(TraceDatError) -> UnsafeRawBufferPointer? {
        try next { count in pages.reserve(count) }
    }

    /// The next pages, in the caller's memory.
    ///
    /// - Parameter memory: called at most once, with a number of bytes that is at most `maximumChunkSize` or one page.
    ///   It
    ///   returns at least that many.
    /// - Throws: as `next()`.
    public func next(
        in memory: (Int) -> UnsafeMutableRawBufferPointer
    ) throws(TraceDatError) -> UnsafeRawBufferPointer? {
        do throws(TraceDatError) {
            if let decompressor { return try nextChunk(decompressor, memory) }
            return try nextRegion(memory)
        } catch {
            if case .decompression = error.reason { throw error }
            position = end
            chunksLeft = 0
            throw error
        }
    }

    /// The next pages as a sequence of sub-buffers.
    ///
    /// - Throws: as `next()`.
    public func nextSubBuffers() throws(TraceDatError) -> SubBufferSequence? {
        guard let region = try next() else { return nil }
        return SubBufferSequence(region, layout: layout, spacing: .fullSize)
    }

    private func nextRegion(
        _ memory: (Int) -> UnsafeMutableRawBufferPointer
    ) throws(TraceDatError) -> UnsafeRawBufferPointer? {
        guard position < end else { return nil }
        let pageCount = max(1, Self.regionSize / layout.pageSize)
        let count = Int(min(UInt64(pageCount * layout.pageSize), end - position))
        let target = UnsafeMutableRawBufferPointer(rebasing: memory(count)[..<count])
        try source.read(at: position, into: target)
        position += UInt64(count)
        return UnsafeRawBufferPointer(target)
    }

    private func nextChunk(
        _ decompressor: Decompressor, _ memory: (Int) -> UnsafeMutableRawBufferPointer
    ) throws(TraceDatError) -> UnsafeRawBufferPointer? {
        if chunksLeft == nil { chunksLeft = try integer() }
        guard let left = chunksLeft, left > 0 else { return nil }
        chunksLeft = left - 1
        let chunkOffset = position
        let compressedSize = try integer()
        let size = try integer()
        guard size <= UInt32(Self.maximumChunkSize) else {
            throw TraceDatError(
                offset: chunkOffset, reason: .tooLarge(UInt64(size), limit: UInt64(Self.maximumChunkSize)))
        }
        // Compression never makes data much longer, so a larger block is damaged.
        guard compressedSize <= UInt32(2 * Self.maximumChunkSize) else {
            throw TraceDatError(
                offset: chunkOffset, reason: .tooLarge(UInt64(compressedSize), limit: UInt64(2 * Self.maximumChunkSize))
            )
        }
        guard left == 1 || Int(size) % layout.pageSize == 0 else {
            throw TraceDatError(
                offset: chunkOffset, reason: .malformed("a chunk of \(size) bytes is not a whole number of pages"))
        }
        try check(UInt64(compressedSize))
        let block = compressed.reserve(Int(compressedSize))
        try source.read(at: position, into: block)
        position += UInt64(compressedSize)
        let target = UnsafeMutableRawBufferPointer(rebasing: memory(Int(size))[..<Int(size)])
        try decompressor.decompress(UnsafeRawBufferPointer(block), into: target, at: chunkOffset)
        return UnsafeRawBufferPointer(target)
    }

    private func check(_ needed: UInt64) throws(TraceDatError) {
        let available = position < end ? end - position : 0
        guard needed <= available else {
            throw TraceDatError(offset: position, reason: .truncated(needed: needed, available: available))
        }
    }

    private func integer() throws(TraceDatError) -> UInt32 {
        try check(4)
        var reader = FieldReader(source, from: position, to: end)
        let value = try reader.integer(UInt32.self)
        position += 4
        return value
    }
}

/// Memory that is reused and grows to the largest piece requested.
private struct ReusableMemory: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 16)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }

    deinit { memory.deallocate() }
}
