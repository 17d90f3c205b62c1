import Glibc
import OperatorClient
import SafeText
import Timeline

extension OutputError: OutputFailure {}

/// Writes lines to the output in one piece, each made safe: none can become two, whatever a peer put into it.
///
/// - Throws: `OutputError`.
func put(_ lines: [String], to output: OutputStream = .standardOutput) throws {
    var bytes: [UInt8] = []
    for line in lines {
        bytes += Array(line.safeLine.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
    try bytes.withUnsafeBytes { try output.write($0) }
}

/// Writes a line to stderr, made safe: it stays one line.
func say(_ line: String) { writeToStandardError([line.safeLine]) }

/// Writes a message to stderr. Its further lines, such as a caret below a filter, are indented, so that no peer's text
/// can pass for a line of this program.
func say(message: String) { writeToStandardError(message.safeLines) }

private func writeToStandardError(_ lines: [String]) {
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
