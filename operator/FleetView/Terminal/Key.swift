/// One key press.
public enum Key: Sendable, Hashable {
    case character(Character)
    case up, down, pageUp, pageDown, home, end
    case enter, tab, escape, backspace
    /// With Ctrl: its letter, in lower case.
    case control(Character)
}

/// Parses the bytes of a terminal into keys (ECMA-48 and xterm's control sequences). Sequences may come in pieces.
public struct KeyParser: Sendable {
    private var pending: [UInt8] = []

    public init() {}

    /// An escape has come; it may be a key, or begin a sequence.
    public var isWaiting: Bool { !pending.isEmpty }

    /// The keys that these bytes complete.
    public mutating func keys(in bytes: some Sequence<UInt8>) -> [Key] {
        bytes.compactMap { parse($0) }
    }

    /// No byte has followed for a while: a single escape was the Escape key.
    public mutating func flush() -> [Key] {
        defer { pending = [] }
        return pending == [0x1b] ? [.escape] : []
    }

    private static let longestSequence = 16

    private mutating func parse(_ byte: UInt8) -> Key? {
        guard !pending.isEmpty else {
            if byte == 0x1b {
                pending = [byte]
                return nil
            }
            return Self.plain(byte)
        }
        pending.append(byte)
        // ESC [ parameters final, and ESC O final of keypads.
        if pending.count == 2 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") { return nil }
            pending = []
            // Alt with a key sends escape and the key. Alt makes no difference here.
            return byte == 0x1b ? .escape : Self.plain(byte)
        }
        guard (0x40...0x7e).contains(byte) || pending.count > Self.longestSequence else { return nil }
        defer { pending = [] }
        return Self.sequence(pending[2...])
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x0d, 0x0a: .enter
        case 0x09: .tab
        case 0x7f, 0x08: .backspace
        case 0x01...0x1a: .control(Character(UnicodeScalar(byte + 0x60)))
        case 0x20..<0x7f: .character(Character(UnicodeScalar(byte)))
        default: nil
        }
    }

    private static func sequence(_ body: ArraySlice<UInt8>) -> Key? {
        switch String(decoding: body, as: UTF8.self) {
        case "A": .up
        case "B": .down
        case "H", "1~", "7~": .home
        case "F", "4~", "8~": .end
        case "5~": .pageUp
        case "6~": .pageDown
        default: nil
        }
    }
}
