/// Why a probe cannot be planted on a node, although its text is well formed.
public struct ProbeResolutionError: Error, Sendable, Hashable {
    /// The text of the probe.
    public let text: String
    /// Position in the text, in bytes. Nil if the error has no position.
    public let offset: Int?
    /// The reason and the remedy, in one line.
    public let message: String

    init(_ spec: ProbeSpec, at offset: Int? = nil, _ message: String) {
        self.text = spec.text
        self.offset = offset
        self.message = message
    }
}

extension ProbeResolutionError: CustomStringConvertible {
    /// The message. If the error has a position, the text with a caret follows.
    public var description: String {
        offset.map { message + "\n" + CaretLine.lines(text: text, offset: $0) } ?? message
    }
}
