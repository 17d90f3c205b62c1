extension String {
    /// Without control characters, which a terminal would obey: nodes choose their own labels and names.
    public var printable: String {
        String(unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }

    /// At most `width` characters; the last one is `~` where something is cut off.
    public func clipped(to width: Int) -> String {
        guard count > width else { return self }
        return width > 0 ? String(prefix(width - 1)) + "~" : ""
    }

    /// Blanks after it up to `width` characters; longer text is cut.
    public func padded(to width: Int) -> String {
        let text = clipped(to: width)
        return text + String(repeating: " ", count: width - text.count)
    }

    /// Blanks before it up to `width` characters; longer text is cut.
    public func aligned(right width: Int) -> String {
        let text = clipped(to: width)
        return String(repeating: " ", count: width - text.count) + text
    }
}
