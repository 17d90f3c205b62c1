/// How a batch's pages are packed. Every batch is packed by itself: no context is carried over, so batches can be sent
/// again, stored as they arrived and unpacked in parallel.
public enum BatchCodec: UInt8, Sendable, Hashable, CaseIterable {
    case none = 0
    /// Raw DEFLATE (RFC 1951); every peer has it.
    case deflate = 1
    /// One Zstandard frame (RFC 8878); by the capability `codec.zstd`.
    case zstd = 2
}

/// Why bytes could not be packed or unpacked.
public enum CodecError: Error, Equatable, Sendable {
    /// The library refused to make a context.
    case noContext(BatchCodec)
    /// Not what the codec writes, cut off, with something left over, or of another length than stated.
    case corrupt(BatchCodec, String)
    /// The output did not fit, although it was given the codec's own worst case.
    case overflow(BatchCodec)
}

extension CodecError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noContext(let codec): "no \(codec) context: out of memory?"
        case .corrupt(let codec, let why): "corrupt \(codec) data: \(why)"
        case .overflow(let codec): "\(codec) output larger than its worst case"
        }
    }
}
