/// Numbers as the kernel reads them with base 0 (kstrtoul): `0x` is hexadecimal, a leading `0` octal.
enum KernelNumber {
    static func unsigned(_ text: some StringProtocol) -> UInt64? {
        var digits = Substring(text)
        var radix = 10
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            digits = digits.dropFirst(2)
            radix = 16
        } else if digits.hasPrefix("0"), digits.utf8.count > 1 {
            radix = 8
        }
        // UInt64(_:radix:) would accept a sign.
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return UInt64(digits, radix: radix)
    }

    static func signed(_ text: some StringProtocol) -> Int64? {
        guard text.hasPrefix("-") else { return unsigned(text).flatMap { Int64(exactly: $0) } }
        guard let magnitude = unsigned(text.dropFirst()) else { return nil }
        return magnitude == 1 << 63 ? Int64.min : Int64(exactly: magnitude).map { -$0 }
    }

    static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
