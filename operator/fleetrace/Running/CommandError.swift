import ArgumentParser
import Glibc
import Timeline

/// A failure in words for the person at the terminal.
struct CommandError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    /// Prints what went wrong on stderr and makes it exit status 1. Errors of the parser pass.
    static func catching<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            throw report(error)
        }
    }

    static func catching<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw report(error)
        }
    }

    private static func report(_ error: any Error) -> any Error {
        // The reader has had enough, as `head` has: no fault.
        if let error = error as? OutputError, error.isClosedPipe { return ExitCode.success }
        if error is ExitCode || error is ValidationError || error is CleanExit { return error }
        say("error: \(error)")
        return ExitCode.failure
    }
}

/// Writes a line to stderr.
func say(_ line: String) {
    let bytes = Array(
        (line.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(
            separator: "\n") + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
