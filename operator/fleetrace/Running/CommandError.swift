import ArgumentParser
import OperatorClient

/// A failure in words for the person at the terminal.
struct CommandError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    /// Prints what went wrong on stderr and turns it into exit status 1. The argument parser's own errors pass through.
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
        // Whoever reads the output has closed it, as `head` does: that is no failure.
        if let error = error as? any OutputFailure, error.isClosedPipe { return ExitCode.success }
        if error is ExitCode || error is ValidationError || error is CleanExit { return error }
        say(message: "error: \(error)")
        return ExitCode.failure
    }
}
