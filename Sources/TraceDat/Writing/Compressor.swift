import CZstd

/// Compresses blocks with zstd. Owns the context: one to a thread.
final class Compressor {
    /// As the file's header states them: name and version, as trace-cmd writes them.
    static let name = "zstd"
    static let version = String(cString: ZSTD_versionString())
    /// As in the batches that the pages came in: the higher levels cost several times as much for a little less size.
    private static let level: Int32 = 1

    private let context = ZSTD_createCCtx()

    deinit { ZSTD_freeCCtx(context) }

    /// A block as the format has it: compressed size, size, compressed bytes.
    ///
    /// - Parameter path: of the file that it is for, for the error.
    func block(of source: UnsafeRawBufferPointer, for path: String) throws(TraceDatWriteError) -> [UInt8] {
        guard let context else { throw TraceDatWriteError(path: path, reason: .compression("no memory")) }
        let head = 8
        var size = 0
        let block = [UInt8](unsafeUninitializedCapacity: head + ZSTD_compressBound(source.count)) { target, count in
            guard let base = target.baseAddress else { return }
            size = ZSTD_compressCCtx(
                context, base + head, target.count - head, source.baseAddress, source.count, Self.level)
            guard ZSTD_isError(size) == 0 else { return }
            var sizes = FieldWriter()
            sizes.append(UInt32(size))
            sizes.append(UInt32(source.count))
            _ = target.update(fromContentsOf: sizes.bytes)
            count = head + size
        }
        guard !block.isEmpty else {
            throw TraceDatWriteError(path: path, reason: .compression(String(cString: ZSTD_getErrorName(size))))
        }
        return block
    }
}
