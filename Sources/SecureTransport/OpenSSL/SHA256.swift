import COpenSSL

/// SHA-256 (FIPS 180-4) by the system's OpenSSL.
public enum SHA256 {
    /// Bytes in a digest.
    public static let length = 32

    /// The digest of the bytes. Empty only if OpenSSL's policy forbids SHA-256.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var size: UInt32 = 0
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, &size, EVP_sha256(), nil) == 1 else { return [] }
        return Array(digest.prefix(Int(size)))
    }
}
