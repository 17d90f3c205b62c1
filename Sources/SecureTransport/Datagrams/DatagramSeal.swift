import COpenSSL

/// Authenticates datagrams by a key: HMAC-SHA-256 (RFC 2104), cut to 16 bytes. It hides nothing.
///
/// Used by one thread at a time.
public final class DatagramSeal: @unchecked Sendable {
    /// Bytes of a tag.
    public static let length = 16

    private let context: OpaquePointer

    init?(key: [UInt8]) {
        ERR_clear_error()
        guard let context = fl_hmac_sha256(key, key.count) else { return nil }
        self.context = context
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Writes the tag of `bytes` to `tag`, which has `length` bytes.
    ///
    /// - Returns: false if OpenSSL fails; then nothing may be sent.
    public func seal(_ bytes: UnsafeRawBufferPointer, tag: UnsafeMutableRawBufferPointer) -> Bool {
        guard tag.count == Self.length else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Int(EVP_MAX_MD_SIZE), alignment: 8) { whole in
            guard compute(bytes, into: whole) else { return false }
            tag.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[..<Self.length]))
            return true
        }
    }

    /// Whether `tag` is the tag of `bytes`. Takes as long for every wrong one.
    public func verifies(_ bytes: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer) -> Bool {
        guard tag.count == Self.length, let given = tag.baseAddress else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Int(EVP_MAX_MD_SIZE), alignment: 8) { whole in
            guard compute(bytes, into: whole), let right = whole.baseAddress else { return false }
            return CRYPTO_memcmp(right, given, Self.length) == 0
        }
    }

    private func compute(_ bytes: UnsafeRawBufferPointer, into whole: UnsafeMutableRawBufferPointer) -> Bool {
        let target = whole.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var count = 0
        // Without a key, the one of the last time is used again.
        return EVP_MAC_init(context, nil, 0, nil) == 1 && EVP_MAC_update(context, source, bytes.count) == 1
            && EVP_MAC_final(context, target, &count, whole.count) == 1 && count >= Self.length
    }
}
