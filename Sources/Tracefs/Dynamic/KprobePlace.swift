/// The location of a kprobe: the second word of its definition, `[MODULE:]SYMBOL[+OFFSET][%return]` or an address.
public struct KprobePlace: Sendable, Hashable {
    public enum Location: Sendable, Hashable {
        case address(UInt64)
        /// Offset in bytes from the symbol.
        case symbol(String, offset: UInt64)
    }

    public let module: String?
    public let location: Location

    public init(address: UInt64) {
        module = nil
        location = .address(address)
    }

    /// Nil for anything else, such as a file and an offset.
    public init?(_ text: some StringProtocol) {
        var place = text[...]
        guard !place.isEmpty, !place.hasPrefix("/") else { return nil }
        if let percent = place.firstIndex(of: "%") { place = place[..<percent] }
        if place.hasPrefix("0x") || place.hasPrefix("0X") {
            guard let address = UInt64(place.dropFirst(2), radix: 16) else { return nil }
            (module, location) = (nil, .address(address))
            return
        }
        if let colon = place.firstIndex(of: ":") {
            module = String(place[..<colon])
            place = place[place.index(after: colon)...]
        } else {
            module = nil
        }
        let parts = place.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].isEmpty, let offset = parts.count == 1 ? 0 : Self.number(parts[1]) else { return nil }
        location = .symbol(String(parts[0]), offset: offset)
    }

    private static func number(_ text: some StringProtocol) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }
}
