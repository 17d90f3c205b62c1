extension FieldStyle {
    /// `value` truncated and extended for a conversion of this size and signedness.
    @inline(__always)
    func cut(_ value: UInt64) -> UInt64 {
        switch (size, isSigned) {
        case (1, true): UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
        case (1, false): UInt64(UInt8(truncatingIfNeeded: value))
        case (2, true): UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
        case (2, false): UInt64(UInt16(truncatingIfNeeded: value))
        case (4, true): UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
        case (4, false): UInt64(UInt32(truncatingIfNeeded: value))
        default: value
        }
    }
}

extension TextBuffer {
    /// Appends a number as `number()` of lib/vsprintf.c does. Unlike in C, `%#x` of 0 is `0x0`.
    mutating func append(_ value: UInt64, _ style: FieldStyle) {
        let isNegative = style.isSigned && Int64(bitPattern: value) < 0
        let magnitude = isNegative ? 0 &- value : value
        let sign: UInt8? =
            !style.isSigned
            ? nil : isNegative ? UInt8(ascii: "-") : style.plus ? UInt8(ascii: "+") : style.space ? 32 : nil
        let hasPrefix = style.isAlternate && style.base != 10
        let prefix = !hasPrefix ? 0 : style.base == 16 ? 2 : magnitude == 0 ? 0 : 1
        let digits = Self.digits(magnitude, style.base)
        let precision = max(Int(style.precision), digits)
        let padding = Int(style.width) - (sign == nil ? 0 : 1) - prefix - precision
        let padsWithZeros = style.zeroPadded && !style.isLeft
        if !style.isLeft && !padsWithZeros { append(repeating: 32, count: padding) }
        if let sign { append(sign) }
        if prefix > 0 { append(UInt8(ascii: "0")) }
        if prefix == 2 { append(style.isUpper ? UInt8(ascii: "X") : UInt8(ascii: "x")) }
        if padsWithZeros { append(repeating: 48, count: padding) }
        append(repeating: 48, count: precision - digits)
        switch style.base {
        case 10: append(decimal: magnitude)
        case 8: append(octal: magnitude, digits: digits)
        default:
            let start = count
            append(hex: magnitude)
            if style.isUpper { uppercase(from: start) }
        }
        if style.isLeft { append(repeating: 32, count: padding) }
    }

    private static func digits(_ value: UInt64, _ base: UInt8) -> Int {
        switch base {
        case 10: decimalDigits(value)
        case 8: max(1, (66 - value.leadingZeroBitCount) / 3)
        default: max(1, (67 - value.leadingZeroBitCount) / 4)
        }
    }

    private mutating func append(octal value: UInt64, digits: Int) {
        for index in stride(from: digits - 1, through: 0, by: -1) {
            append(48 + UInt8(truncatingIfNeeded: value >> UInt64(3 * index)) & 7)
        }
    }

    mutating func uppercase(from start: Int) {
        for index in start..<count where base[index] >= 97 && base[index] <= 122 { base[index] -= 32 }
    }

    /// Appends bytes up to the first NUL.
    @inline(__always)
    mutating func append(cString bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let limit = bytes.count
        reserve(limit)
        let target = base + used
        var length = 0
        while length < limit {
            let byte = source[length]
            if byte == 0 { break }
            target[length] = byte
            length &+= 1
        }
        used &+= length
    }

    /// A system call's argument since Linux 6.18: decimal below ten, else hexadecimal with `0x`.
    @inline(__always)
    mutating func append(syscallArgument value: UInt64) {
        if value < 10 {
            append(48 &+ UInt8(truncatingIfNeeded: value))
        } else {
            append("0x")
            append(hex: value)
        }
    }

    /// `%*ph` and its variants.
    mutating func append(hexBytes bytes: UnsafeRawBufferPointer, _ form: UInt8) {
        let separator: UInt8? =
            switch HexForm(rawValue: form) {
            case .joined: nil
            case .colon: UInt8(ascii: ":")
            case .dash: UInt8(ascii: "-")
            default: 32
            }
        for (index, byte) in bytes.enumerated() {
            if index > 0, let separator { append(separator) }
            append(hex: UInt64(byte), digits: 2)
        }
    }

    /// `%*pb`: 32-bit words, the highest first. `bytes` contains little-endian longs.
    mutating func append(bitmask bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var offset = bytes.count & ~3
        while offset >= 4 {
            offset -= 4
            append(hex: base.integer(.u32, at: offset), digits: 8)
            if offset > 0 { append(UInt8(ascii: ",")) }
        }
    }

    /// `%*pbl`: `0-3,5`.
    mutating func append(bitList bytes: UnsafeRawBufferPointer, count: Int) {
        func isSet(_ bit: Int) -> Bool { bit < count && bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1 }
        var bit = 0
        var isFirst = true
        while bit < count {
            guard isSet(bit) else {
                bit += 1
                continue
            }
            var last = bit
            while isSet(last + 1) { last += 1 }
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append(decimal: UInt64(bit))
            if last > bit {
                append(UInt8(ascii: "-"))
                append(decimal: UInt64(last))
            }
            bit = last + 1
        }
    }
}
