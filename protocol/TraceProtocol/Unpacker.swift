import CZlib
import CZstd
import NIOCore

/// Unpacks batches of any codec. Confined to one thread.
public final class Unpacker {
    private var inflate: UnsafeMutablePointer<z_stream>?
    private var zstd: OpaquePointer?

    public init() {}

    deinit {
        if let inflate {
            inflateEnd(inflate)
            inflate.deallocate()
        }
        if let zstd { ZSTD_freeDCtx(zstd) }
    }

    /// Unpacks `input` into exactly `target`.
    ///
    /// The caller has checked the stated length against its maximum before allocating `target`. Input and target must
    /// end together: a bomb, a cut-off frame and trailing bytes are all `CodecError.corrupt`.
    public func unpack(
        _ input: UnsafeRawBufferPointer, codec: BatchCodec, into target: UnsafeMutableRawBufferPointer
    ) throws(CodecError) {
        switch codec {
        case .none:
            guard input.count == target.count else {
                throw .corrupt(codec, "\(input.count) bytes, \(target.count) stated")
            }
            target.copyMemory(from: input)
        case .deflate: try unpackDeflate(input, into: target)
        case .zstd: try unpackZstd(input, into: target)
        }
    }

    private func unpackDeflate(
        _ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CodecError) {
        let stream = try inflateContext()
        guard inflateReset(stream) == Z_OK else { throw .noContext(.deflate) }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(target.count)
        let status = CZlib.inflate(stream, Z_FINISH)
        guard status == Z_STREAM_END else { throw .corrupt(.deflate, "no end of stream within the stated length") }
        guard stream.pointee.avail_in == 0 else { throw .corrupt(.deflate, "bytes behind the end of stream") }
        guard stream.pointee.avail_out == 0 else { throw .corrupt(.deflate, "shorter than stated") }
    }

    private func unpackZstd(
        _ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CodecError) {
        if zstd == nil { zstd = ZSTD_createDCtx() }
        guard let zstd else { throw .noContext(.zstd) }
        // Exactly one frame: ZSTD_decompressDCtx would accept several, one after the other.
        guard ZSTD_findFrameCompressedSize(input.baseAddress, input.count) == input.count else {
            throw .corrupt(.zstd, "not one whole frame")
        }
        let size = ZSTD_decompressDCtx(zstd, target.baseAddress, target.count, input.baseAddress, input.count)
        guard ZSTD_isError(size) == 0 else { throw .corrupt(.zstd, String(cString: ZSTD_getErrorName(size))) }
        guard size == target.count else { throw .corrupt(.zstd, "\(size) bytes, \(target.count) stated") }
    }

    private func inflateContext() throws(CodecError) -> UnsafeMutablePointer<z_stream> {
        if let inflate { return inflate }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard fleetrace_inflateInitRaw(stream) == Z_OK else {
            stream.deallocate()
            throw .noContext(.deflate)
        }
        inflate = stream
        return stream
    }
}
