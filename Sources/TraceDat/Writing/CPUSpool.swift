/// Holds the pages of one CPU until they are written to a trace.dat file, in which each CPU's pages must be contiguous.
/// The pages are compressed, in a file without a name.
final class CPUSpool {
    private let file: OutputFile
    private let pageSize: Int
    private var pages: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var chunks: UInt32 = 0

    /// Bytes of pages in one compressed chunk. Larger chunks are hardly smaller when compressed.
    private static let chunkSize = 64 << 10

    init(folder: String, pageSize: Int) throws(TraceDatWriteError) {
        file = try OutputFile(namelessIn: folder)
        self.pageSize = pageSize
        pages = .allocate(byteCount: max(pageSize, Self.chunkSize / pageSize * pageSize), alignment: 16)
    }

    deinit { pages.deallocate() }

    /// Bytes that `write` writes.
    var size: UInt64 { file.position + 4 }

    /// Appends a page whose unused tail is cut.
    func append(_ page: UnsafeRawBufferPointer, compressor: Compressor) throws(TraceDatWriteError) {
        let target = UnsafeMutableRawBufferPointer(rebasing: pages[filled..<filled + pageSize])
        target.copyMemory(from: page)
        UnsafeMutableRawBufferPointer(rebasing: target[page.count...]).initializeMemory(as: UInt8.self, repeating: 0)
        filled += pageSize
        if filled == pages.count { try endChunk(compressor) }
    }

    func endChunk(_ compressor: Compressor) throws(TraceDatWriteError) {
        guard filled > 0 else { return }
        try file.append(
            compressor.block(of: UnsafeRawBufferPointer(rebasing: pages[..<filled]), for: file.path))
        filled = 0
        chunks += 1
    }

    /// Appends the number of chunks and then the chunks to `output`.
    func write(to output: OutputFile) throws(TraceDatWriteError) {
        var count = FieldWriter()
        count.append(chunks)
        try output.append(count.bytes)
        try output.append(contentsOf: file)
    }
}
