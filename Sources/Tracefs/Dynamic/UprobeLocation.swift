/// The location of a uprobe: the second word of its definition, `PATH:OFFSET[(COUNTER)]`, perhaps with `%return`.
public struct UprobeLocation: Sendable, Hashable {
    public let path: String
    /// Offset in the file, in bytes.
    public let offset: UInt64
    /// Offset in the file of the reference counter that the kernel increments while the probe is planted. 0 for none.
    public let referenceCounter: UInt64

    /// Nil for anything else, such as a function of the kernel.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("/"), let colon = text.lastIndex(of: ":") else { return nil }
        var rest = Substring(text[text.index(after: colon)...])
        if rest.hasSuffix("%return") { rest = rest.dropLast("%return".count) }
        let parts = rest.split(separator: "(", maxSplits: 1)
        guard let offset = parts.first.flatMap(Self.number) else { return nil }
        path = String(text[..<colon])
        self.offset = offset
        guard parts.count == 2 else {
            referenceCounter = 0
            return
        }
        guard parts[1].hasSuffix(")"), let counter = Self.number(parts[1].dropLast()) else { return nil }
        referenceCounter = counter
    }

    private static func number(_ text: Substring) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }
}
