/// The address conversions of lib/vsprintf.c. A span that is too short gives `(efault)`, as a bad pointer does there.
extension TextBuffer {
    /// `%pI4`, `%pi4`.
    mutating func append(ip4 bytes: UnsafeRawBufferPointer, _ form: AddressForm) {
        guard bytes.count >= 4 else { return append("(efault)") }
        for index in 0..<4 {
            if index > 0 { append(UInt8(ascii: ".")) }
            let byte = UInt64(bytes[form.contains(.reversed) ? 3 - index : index])
            append(decimal: byte, width: form.contains(.unseparated) ? 3 : 1)
        }
    }

    /// `%pI6`, `%pi6`, `%pI6c`.
    mutating func append(ip6 bytes: UnsafeRawBufferPointer, _ form: AddressForm) {
        guard bytes.count >= 16 else { return append("(efault)") }
        if form.contains(.compressed) { return append(compressedIP6: bytes) }
        for index in 0..<8 {
            if index > 0 && !form.contains(.unseparated) { append(UInt8(ascii: ":")) }
            append(hex: Self.group(bytes, index), digits: 4)
        }
    }

    private static func group(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        UInt64(bytes[2 * index]) << 8 | UInt64(bytes[2 * index + 1])
    }

    /// `ip6_compressed_string`: the longest run of zero groups is left out, and an embedded IPv4 address is printed as
    /// such.
    private mutating func append(compressedIP6 bytes: UnsafeRawBufferPointer) {
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        let isISATAP = bytes[8] | 2 == 2 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe
        let groups = isMapped || isISATAP ? 6 : 8
        var longest = 1
        var gap = -1
        var start = 0
        while start < groups {
            var end = start
            while end < groups, Self.group(bytes, end) == 0 { end += 1 }
            if end - start > longest {
                longest = end - start
                gap = start
            }
            start = max(end, start + 1)
        }
        var needsColon = false
        var index = 0
        while index < groups {
            if index == gap {
                if needsColon || index == 0 { append(UInt8(ascii: ":")) }
                append(UInt8(ascii: ":"))
                needsColon = false
                index += longest
                continue
            }
            if needsColon { append(UInt8(ascii: ":")) }
            append(hex: Self.group(bytes, index))
            needsColon = true
            index += 1
        }
        guard groups == 6 else { return }
        if needsColon { append(UInt8(ascii: ":")) }
        append(ip4: UnsafeRawBufferPointer(rebasing: bytes[12..<16]), [])
    }

    /// `%pIS` and its variants: a `struct sockaddr`.
    mutating func append(socketAddress bytes: UnsafeRawBufferPointer, _ form: AddressForm) {
        guard bytes.count >= 8, let base = bytes.baseAddress else { return append("(efault)") }
        // AF_INET and AF_INET6 of include/linux/socket.h.
        switch base.integer(.u16, at: 0) {
        case 2:
            append(ip4: UnsafeRawBufferPointer(rebasing: bytes[4..<8]), form.intersection([.unseparated, .reversed]))
            if form.contains(.port) { append(port: bytes) }
        case 10 where bytes.count >= 24:
            let isBracketed = !form.isDisjoint(with: [.port, .flow, .scope])
            if isBracketed { append(UInt8(ascii: "[")) }
            append(
                ip6: UnsafeRawBufferPointer(rebasing: bytes[8..<24]), form.intersection([.unseparated, .compressed]))
            if isBracketed { append(UInt8(ascii: "]")) }
            if form.contains(.port) { append(port: bytes) }
            if form.contains(.flow) {
                append(UInt8(ascii: "/"))
                append(decimal: base.integer(.u32, at: 4).byteSwapped >> 32 & 0x0fff_ffff)
            }
            if form.contains(.scope) {
                append(UInt8(ascii: "%"))
                append(decimal: bytes.count >= 28 ? base.integer(.u32, at: 24) : 0)
            }
        default: append("(einval)")
        }
    }

    private mutating func append(port bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: ":"))
        append(decimal: UInt64(bytes[2]) << 8 | UInt64(bytes[3]))
    }

    /// `%pM` and its variants. In `form`, bit 0 leaves out the colons, bit 1 uses dashes, bit 2 reverses the order.
    mutating func append(mac bytes: UnsafeRawBufferPointer, _ form: UInt8) {
        guard bytes.count >= 6 else { return append("(efault)") }
        for index in 0..<6 {
            if index > 0 && form & 1 == 0 { append(form & 2 == 0 ? UInt8(ascii: ":") : UInt8(ascii: "-")) }
            append(hex: UInt64(bytes[form & 4 == 0 ? index : 5 - index]), digits: 2)
        }
    }

    /// `%pU` and its variants. In `form`, bit 0 is upper case and bit 1 is little-endian.
    mutating func append(uuid bytes: UnsafeRawBufferPointer, _ form: UInt8) {
        guard bytes.count >= 16 else { return append("(efault)") }
        let start = count
        for index in 0..<16 {
            var source = index
            if form & 2 != 0 {
                source = index < 4 ? 3 - index : index < 6 ? 9 - index : index < 8 ? 13 - index : index
            }
            append(hex: UInt64(bytes[source]), digits: 2)
            if index == 3 || index == 5 || index == 7 || index == 9 { append(UInt8(ascii: "-")) }
        }
        if form & 1 != 0 { uppercase(from: start) }
    }
}
