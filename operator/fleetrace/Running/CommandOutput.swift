import FleetView
import Glibc
import OperatorClient
import Timeline

extension OutputError: OutputFailure {}

/// Writes lines to stdout in one piece.
///
/// - Throws: `OutputError`.
func put(_ lines: [String]) throws {
    var bytes: [UInt8] = []
    for line in lines {
        bytes += Array(line.printable.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
    try bytes.withUnsafeBytes { try OutputStream.standardOutput.write($0) }
}

/// Writes a line to stderr.
func say(_ line: String) {
    let parts = line.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    let bytes = Array((parts.joined(separator: "\n") + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
