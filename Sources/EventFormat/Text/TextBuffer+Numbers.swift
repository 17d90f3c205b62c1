extension TextBuffer {
    /// Number of decimal digits of `value`, at least 1.
    @inline(__always)
    static func decimalDigits(_ value: UInt64) -> Int {
        var rest = value
        var digits = 0
        while rest >= 10_000 {
            rest /= 10_000
            digits &+= 4
        }
        return digits &+ (rest < 100 ? (rest < 10 ? 1 : 2) : (rest < 1000 ? 3 : 4))
    }

    /// Appends `value` in decimal.
    public mutating func append(decimal value: UInt64) {
        if value < 10 { return append(48 &+ UInt8(truncatingIfNeeded: value)) }
        let digits = Self.decimalDigits(value)
        reserve(digits)
        write(decimal: value, digits: digits)
    }

    /// Appends `value` in decimal, with its sign.
    public mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends exactly `digits` decimal digits, with leading zeros. `value` must not have more.
    @inline(__always)
    private mutating func write(decimal value: UInt64, digits: Int) {
        var rest = value
        var position = used &+ digits
        let first = used
        while position &- first >= 2 {
            position &-= 2
            let quotient = rest / 100
            let remainder = Int(truncatingIfNeeded: rest &- quotient &* 100)
            rest = quotient
            put(pair: remainder, at: position)
        }
        if position > first { base[first] = 48 &+ UInt8(truncatingIfNeeded: rest % 10) }
        used &+= digits
    }

    /// Writes a number below 100 as two digits.
    @inline(__always)
    func put(pair value: Int, at position: Int) {
        let pairs: StaticString =
            "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
        let pair = UnsafeRawPointer(pairs.utf8Start).loadUnaligned(fromByteOffset: 2 &* value, as: UInt16.self)
        UnsafeMutableRawPointer(base + position).storeBytes(of: pair, as: UInt16.self)
    }

    /// Appends a number below 1,000,000 as six digits. The caller has reserved room.
    @inline(__always)
    mutating func put(sixDigits value: UInt64) {
        let (upper, lower) = (Int(truncatingIfNeeded: value) / 100, Int(truncatingIfNeeded: value) % 100)
        put(pair: upper / 100, at: used)
        put(pair: upper % 100, at: used &+ 2)
        put(pair: lower, at: used &+ 4)
        used &+= 6
    }

    /// Appends `value` in decimal, zero-padded to at least `width` digits.
    public mutating func append(decimal value: UInt64, width: Int) {
        let digits = max(Self.decimalDigits(value), min(width, 64))
        reserve(digits)
        write(decimal: value, digits: digits)
    }

    /// Appends `value` in decimal, padded with spaces on the left to at least `width` columns.
    public mutating func append(decimal value: UInt64, column width: Int) {
        let digits = Self.decimalDigits(value)
        append(repeating: 32, count: min(width, 4096) - digits)
        append(decimal: value)
    }

    /// Appends `value` in lower-case hexadecimal without a prefix.
    public mutating func append(hex value: UInt64) {
        let digits = max(1, (67 &- value.leadingZeroBitCount) / 4)
        write(hex: value, digits: digits)
    }

    /// Appends the lowest `digits` hexadecimal digits of `value`, at most 16.
    public mutating func append(hex value: UInt64, digits: Int) {
        write(hex: value, digits: min(max(digits, 1), 16))
    }

    @inline(__always)
    private mutating func write(hex value: UInt64, digits: Int) {
        reserve(digits)
        var rest = value
        var position = used &+ digits
        while position > used {
            position &-= 1
            let nibble = UInt8(truncatingIfNeeded: rest & 15)
            base[position] = nibble < 10 ? 48 &+ nibble : 87 &+ nibble
            rest >>= 4
        }
        used &+= digits
    }
}
