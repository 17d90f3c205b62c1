import CZlib
import CZstd
import NIOCore

/// Packs batches with one codec at level 1. Owns the codec's context and resets it for each batch. Confined to one
/// thread.
public final class Packer {
    public let codec: BatchCodec
    private let deflate: UnsafeMutablePointer<z_stream>?
    private let zstd: OpaquePointer?

    /// - Throws: `CodecError.noContext` when memory is short.
    public init(_ codec: BatchCodec) throws(CodecError) {
        self.codec = codec
        var deflate: UnsafeMutablePointer<z_stream>?
        var zstd: OpaquePointer?
        switch codec {
        case .none: break
        case .deflate:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            guard fleetrace_deflateInitRaw(stream, 1) == Z_OK else {
                stream.deallocate()
                throw .noContext(codec)
            }
            deflate = stream
        case .zstd:
            zstd = ZSTD_createCCtx()
            guard zstd != nil else { throw .noContext(codec) }
        }
        self.deflate = deflate
        self.zstd = zstd
    }

    deinit {
        if let deflate {
            deflateEnd(deflate)
            deflate.deallocate()
        }
        if let zstd { ZSTD_freeCCtx(zstd) }
    }

    /// The most bytes that `pack` may append for `length` bytes of input.
    public func worstCase(_ length: Int) -> Int {
        switch codec {
        case .none: length
        case .deflate: Int(compressBound(UInt(length)))
        case .zstd: ZSTD_compressBound(length)
        }
    }

    /// Appends the packed form of `input` to `out`.
    public func pack(_ input: UnsafeRawBufferPointer, into out: inout ByteBuffer) throws(CodecError) {
        if codec == .none {
            out.writeBytes(input)
            return
        }
        let room = worstCase(input.count)
        let written = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target -> Int in
            compress(input, into: UnsafeMutableRawBufferPointer(rebasing: target[..<room])) ?? 0
        }
        guard written > 0 else { throw .overflow(codec) }
    }

    private func compress(_ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        if let zstd {
            let size = ZSTD_compressCCtx(zstd, target.baseAddress, target.count, input.baseAddress, input.count, 1)
            return ZSTD_isError(size) == 0 ? size : nil
        }
        guard let deflate, deflateReset(deflate) == Z_OK else { return nil }
        deflate.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        deflate.pointee.avail_in = UInt32(input.count)
        deflate.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        deflate.pointee.avail_out = UInt32(target.count)
        guard CZlib.deflate(deflate, Z_FINISH) == Z_STREAM_END else { return nil }
        return target.count - Int(deflate.pointee.avail_out)
    }
}
