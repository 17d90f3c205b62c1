/// An entry of an `error_log` file (tracing_log_err in kernel/trace/trace.c, since Linux 5.2).
public struct ErrorLogEntry: Sendable, Equatable {
    /// The origin, e.g. `event filter parse error` or `hist:sched:sched_switch`.
    public let source: String
    /// What is wrong, e.g. `Field not found`.
    public let message: String
    /// The command as stored by the kernel, which truncates it to 256 bytes.
    public let command: String
    /// Position in the command, in bytes from 0. Nil without a caret line.
    public let caret: Int?

    /// The last entry of the file's text, or nil if there is none:
    /// ```
    /// [  748.999223] event filter parse error: error: Field not found
    ///   Command: prev_foo == 3
    ///                     ^
    /// ```
    public static func last(in text: String) -> ErrorLogEntry? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        guard let start = lines.lastIndex(where: { timeless($0) != nil }) else { return nil }
        return entry(lines[start...])
    }

    /// The last entry for a command, in a log that is shared with others. Only the words of the command are compared,
    /// because the kernel joins a dynamic event's words with other white space.
    public static func last(in text: String, about command: String) -> ErrorLogEntry? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        let words = command.split(separator: " ")
        var end = lines.endIndex
        while let start = lines[..<end].lastIndex(where: { timeless($0) != nil }) {
            if let entry = entry(lines[start..<end]), entry.command.split(separator: " ") == words { return entry }
            end = start
        }
        return nil
    }

    /// The entry that starts with the first of the lines.
    private static func entry(_ lines: ArraySlice<Substring>) -> ErrorLogEntry? {
        let start = lines.startIndex
        guard let first = lines.first, let heading = timeless(first) else { return nil }
        let separator = ": error: "
        guard let end = lines[(start + 1)...].first, end.hasPrefix(commandPrefix) else { return nil }
        let (source, message) = split(heading, at: separator)
        var command = String(end.dropFirst(commandPrefix.count))
        var caret: Int?
        for line in lines[(start + 2)...] {
            if line.hasSuffix("^"), line.dropLast().allSatisfy({ $0 == " " }) {
                caret = line.utf8.count - 1 - commandPrefix.utf8.count
                break
            }
            // A command with several lines: the kernel counts the caret's position over all of them.
            command += " " + line
        }
        if let found = caret, found < 0 || found > command.utf8.count { caret = nil }
        return ErrorLogEntry(source: source, message: message, command: command, caret: caret)
    }

    /// Before Linux 5.2 the filter file itself contains the refused text, a caret line and `parse_error: message`.
    init?(filterFile text: String) {
        let lines = text.split(separator: "\n")
        guard lines.count >= 3, let caret = lines[lines.count - 2].firstIndex(of: "^"),
            let colon = lines[lines.count - 1].firstIndex(of: ":")
        else { return nil }
        let (last, mark) = (lines[lines.count - 1], lines[lines.count - 2])
        source = String(last[..<colon])
        message = String(last[last.index(after: colon)...].drop { $0 == " " })
        command = lines.dropLast(2).joined(separator: " ")
        self.caret = mark.distance(from: mark.startIndex, to: caret)
    }

    init(source: String, message: String, command: String, caret: Int?) {
        self.source = source
        self.message = message
        self.command = command
        self.caret = caret
    }

    private static let commandPrefix = "  Command: "

    /// `[  748.999223] rest` without the time, or nil if the line has no time.
    private static func timeless(_ line: Substring) -> Substring? {
        guard line.hasPrefix("["), let close = line.firstIndex(of: "]") else { return nil }
        let time = line[line.index(after: line.startIndex)..<close].drop { $0 == " " }
        guard !time.isEmpty, time.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || ($0 >= 0x30 && $0 <= 0x39) }) else {
            return nil
        }
        return line[line.index(after: close)...].drop { $0 == " " }
    }

    private static func split(_ heading: Substring, at separator: String) -> (String, String) {
        var rest = heading
        while let colon = rest.firstIndex(of: ":") {
            if rest[colon...].hasPrefix(separator) {
                let message = rest[rest.index(colon, offsetBy: separator.count)...]
                return (String(heading[..<colon]), String(message))
            }
            rest = rest[rest.index(after: colon)...]
        }
        return ("", String(heading))
    }
}
