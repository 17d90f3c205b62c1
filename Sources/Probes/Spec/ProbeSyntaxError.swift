import SafeText

/// What is wrong with a probe text, and the position.
///
/// The command line checks a text first, so that nothing is sent to a node for a malformed one.
public struct ProbeSyntaxError: Error, Sendable, Hashable {
    /// The user's text.
    public let text: String
    /// Position in the text, in bytes of UTF-8 from 0. `text.utf8.count` is the end.
    public let offset: Int
    /// What is wrong and what to write instead, in one line.
    public let message: String
    /// The kernel's name of the error (TP_ERR_… in kernel/trace/trace_probe.h), if it has one.
    public let kernelName: String?

    init(text: String, offset: Int, _ message: String, kernelName: String? = nil) {
        self.text = text
        self.offset = min(max(offset, 0), text.utf8.count)
        self.message = message
        self.kernelName = kernelName
    }
}

extension ProbeSyntaxError: CustomStringConvertible {
    /// The message, with the text and a caret below it:
    /// ```
    /// $retval is known only when a function returns: write r: or kretprobe:
    ///   p:x vfs_read $retval
    ///                ^
    /// ```
    public var description: String { message + "\n" + CaretLine.lines(text: text, offset: offset) }
}

/// A text and, below it, a caret.
enum CaretLine {
    /// Both lines, indented by two.
    static func lines(text: String, offset: Int) -> String {
        let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self).safeLine
        return "  \(text.safeLine)\n  " + String(repeating: " ", count: before.terminalColumns) + "^"
    }
}
