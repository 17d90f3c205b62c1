import TraceProtocol

/// How frames become one text.
enum StackText {
    /// Bytes of a name that are kept: names of templates can be longer than a stack.
    private static let longestName = 160

    /// A name without what separates frames, and without blanks and controls.
    static func plain(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8.prefix(longestName) {
            bytes.append(
                byte <= 0x20 || byte == 0x7f ? UInt8(ascii: "_") : byte == UInt8(ascii: ";") ? UInt8(ascii: ":") : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Stands for frames that are left out.
    static let mark = "[...]"
    /// Bytes of a shortened text.
    static let short = 256

    /// The innermost frames of a text of several, within `short` bytes.
    static func shortened(_ text: String) -> String {
        guard text.utf8.count > short else { return text }
        let tail = text.utf8.suffix(short - mark.utf8.count)
        let frames = tail.drop { $0 != UInt8(ascii: ";") }
        return mark + String(decoding: frames, as: UTF8.self)
    }

    /// - Parameter frames: the innermost first. The outermost are left out where they are too much.
    static func joined(_ frames: [String]) -> String {
        var kept: [String] = []
        var bytes = 0
        for frame in frames {
            bytes += frame.utf8.count + 1
            guard bytes + mark.utf8.count <= WireCountRequest.longestStack else {
                kept.append(mark)
                break
            }
            kept.append(frame)
        }
        return kept.reversed().joined(separator: ";")
    }
}
