import CZstd

/// Compresses blocks with zstd. It owns a context, so each thread needs its own.
final class Compressor {
    /// Name and version for the file's header, as trace-cmd writes them.
    static let name = "zstd"
    static let version = String(cString: ZSTD_versionString())
    /// The level that batches use too. Higher levels need several times as much time for slightly smaller output.
    private static let level: Int32 = 1

    private let context = ZSTD_createCCtx()

    deinit { ZSTD_freeCCtx(context) }

    /// A block in the file's format: compressed size, size, compressed bytes.
    ///
    /// - Parameter path: the path of the output file, for the error.
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
