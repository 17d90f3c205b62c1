import CZlib
import CZstd

/// The compression of a file's compressed parts.
public enum TraceDatCompression: Sendable, Equatable {
    /// Nothing is compressed.
    case none
    /// zlib streams, RFC 1950.
    case zlib
    /// Zstandard frames, RFC 8878.
    case zstd
}

/// Decompresses whole blocks whose size is known. It owns a context, so each thread needs its own.
final class Decompressor {
    private let compression: TraceDatCompression
    private let context: OpaquePointer?

    init(_ compression: TraceDatCompression) {
        self.compression = compression
        context = compression == .zstd ? ZSTD_createDCtx() : nil
    }

    deinit {
        if let context { ZSTD_freeDCtx(context) }
    }

    /// Fills `target` exactly from all of `source`.
    ///
    /// - Parameter offset: the offset of `source` in the file, for errors.
    /// - Throws: `.decompression` if the data is corrupt, too long, too short, or followed by more bytes.
    func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(TraceDatError) {
        func failed(_ message: String) -> TraceDatError {
            TraceDatError(offset: offset, reason: .decompression(message))
        }
        let produced: Int
        switch compression {
        case .none: throw failed("the file states no compression algorithm")
        case .zstd:
            guard let context else { throw failed("zstd: no memory") }
            let result = ZSTD_decompressDCtx(
                context, target.baseAddress, target.count, source.baseAddress, source.count)
            guard ZSTD_isError(result) == 0 else {
                throw failed("zstd: " + String(cString: ZSTD_getErrorName(result)))
            }
            produced = Int(result)
        case .zlib:
            var targetLength = uLong(target.count)
            var sourceLength = uLong(source.count)
            let code = uncompress2(
                target.baseAddress?.assumingMemoryBound(to: Bytef.self), &targetLength,
                source.baseAddress?.assumingMemoryBound(to: Bytef.self), &sourceLength)
            guard code == Z_OK else { throw failed("zlib error \(code)") }
            guard sourceLength == uLong(source.count) else { throw failed("zlib: data after the stream's end") }
            produced = Int(targetLength)
        }
        guard produced == target.count else {
            throw failed("\(produced) bytes instead of the announced \(target.count)")
        }
    }
}
