/// A well-formed UTF-8 sequence of two to four bytes.
public struct UTF8Sequence: Sendable {
    /// 2 to 4.
    public let length: Int
    public let scalar: Unicode.Scalar

    /// Nil where no such sequence begins (table 3-7 of the Unicode standard): a byte of ASCII, an overlong form, a
    /// surrogate, a value above U+10FFFF, or a sequence that is cut off.
    @inlinable
    public init?(at index: Int, in bytes: UnsafeRawBufferPointer) {
        func continuation(_ ahead: Int) -> UInt32? {
            guard index + ahead < bytes.count, bytes[index + ahead] & 0xc0 == 0x80 else { return nil }
            return UInt32(bytes[index + ahead] & 0x3f)
        }
        let first = UInt32(bytes[index])
        guard first >= 0xc2, let second = continuation(1) else { return nil }
        let value: UInt32
        if first < 0xe0 {
            length = 2
            value = (first & 0x1f) << 6 | second
        } else if first < 0xf0 {
            guard let third = continuation(2) else { return nil }
            length = 3
            value = (first & 0x0f) << 12 | second << 6 | third
            guard value >= 0x800 else { return nil }
        } else {
            guard first < 0xf5, let third = continuation(2), let fourth = continuation(3) else { return nil }
            length = 4
            value = (first & 0x07) << 18 | second << 12 | third << 6 | fourth
            guard value >= 0x10000 else { return nil }
        }
        // Nil for surrogates and for values above U+10FFFF.
        guard let scalar = Unicode.Scalar(value) else { return nil }
        self.scalar = scalar
    }
}
