/// Why a probe cannot be planted on a node, although its text is well formed.
public struct ProbeResolutionError: Error, Sendable, Hashable {
    /// The text of the probe.
    public let text: String
    /// Where in the text, in bytes; nil if no part of it is to blame.
    public let offset: Int?
    /// Why, and what to do; one line.
    public let message: String

    init(_ spec: ProbeSpec, at offset: Int? = nil, _ message: String) {
        self.text = spec.text
        self.offset = offset
        self.message = message
    }
}

extension ProbeResolutionError: CustomStringConvertible {
    /// The message, and where a part of the text is to blame, the text with a caret.
    public var description: String {
        offset.map { message + "\n" + CaretLine.lines(text: text, offset: $0) } ?? message
    }
}
