/// The location of a kprobe: the second word of its definition, `[MODULE:]SYMBOL[+OFFSET][%return]` or an address.
public struct KprobeLocation: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        case address(UInt64)
        /// Offset in bytes from the symbol.
        case symbol(String, offset: UInt64)
    }

    public let module: String?
    public let target: Target

    public init(address: UInt64) {
        module = nil
        target = .address(address)
    }

    /// Nil for anything else, such as a file and an offset.
    public init?(_ text: some StringProtocol) {
        var location = text[...]
        guard !location.isEmpty, !location.hasPrefix("/") else { return nil }
        if let percent = location.firstIndex(of: "%") { location = location[..<percent] }
        if location.hasPrefix("0x") || location.hasPrefix("0X") {
            guard let address = UInt64(location.dropFirst(2), radix: 16) else { return nil }
            (module, target) = (nil, .address(address))
            return
        }
        if let colon = location.firstIndex(of: ":") {
            module = String(location[..<colon])
            location = location[location.index(after: colon)...]
        } else {
            module = nil
        }
        let parts = location.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].isEmpty, let offset = parts.count == 1 ? 0 : Self.number(parts[1]) else { return nil }
        target = .symbol(String(parts[0]), offset: offset)
    }

    private static func number(_ text: some StringProtocol) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }
}
