extension StringProtocol {
    /// How many columns of a terminal a safe line takes: two for wide characters (UAX #11), none for combining marks.
    /// Where terminals differ, at least what any of them takes, so that a line never wraps.
    public var terminalColumns: Int {
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
    }

    /// At most `width` columns; the last character is `~` where something is cut off.
    public func clipped(to width: Int) -> String {
        guard terminalColumns > width else { return String(self) }
        guard width > 0 else { return "" }
        var left = width - 1
        let kept = prefix { character in
            left -= character.unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
            return left >= 0
        }
        return kept + "~"
    }

    /// Blanks after it up to `width` columns; longer text is cut.
    public func padded(to width: Int) -> String {
        let text = clipped(to: width)
        return text + String(repeating: " ", count: Swift.max(0, width - text.terminalColumns))
    }

    /// Blanks before it up to `width` columns; longer text is cut.
    public func aligned(right width: Int) -> String {
        let text = clipped(to: width)
        return String(repeating: " ", count: Swift.max(0, width - text.terminalColumns)) + text
    }
}

extension Unicode.Scalar {
    fileprivate var terminalColumns: Int {
        switch value {
        case 0x20...0x7e: 1
        case 0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3,
            0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f000...0x1faff, 0x20000...0x3fffd:
            2
        default:
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark: 0
            default: properties.isEmojiPresentation ? 2 : 1
            }
        }
    }
}
