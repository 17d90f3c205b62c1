import NIOCore

extension WireCompressedBlob {
    /// Packs bytes with the codec that every peer has.
    public init(packing bytes: UnsafeRawBufferPointer) throws(CodecError) {
        self.init()
        var packed = ByteBuffer()
        try Packer(.deflate).pack(bytes, into: &packed)
        codec = UInt32(BatchCodec.deflate.rawValue)
        rawLength = UInt64(bytes.count)
        data = packed.withUnsafeReadableBytes { .init($0) }
    }

    /// The unpacked bytes.
    ///
    /// - Parameter limit: bytes; a greater stated length is refused before anything is allocated.
    public func unpacked(limit: Int) throws(CodecError) -> [UInt8] {
        guard let codec = UInt8(exactly: codec).flatMap(BatchCodec.init(rawValue:)) else {
            throw .corrupt(.none, "codec \(codec) is not known")
        }
        guard rawLength <= UInt64(limit) else {
            throw .corrupt(codec, "\(rawLength) bytes are stated, \(limit) are allowed")
        }
        // Typed errors do not pass through the closures of Array and Data.
        var failure: CodecError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(rawLength)) { target, count in
            failure = data.withUnsafeBytes { input -> CodecError? in
                do throws(CodecError) {
                    try Unpacker().unpack(input, codec: codec, into: UnsafeMutableRawBufferPointer(target))
                    return nil
                } catch {
                    return error
                }
            }
            count = failure == nil ? Int(rawLength) : 0
        }
        if let failure { throw failure }
        return bytes
    }
}
