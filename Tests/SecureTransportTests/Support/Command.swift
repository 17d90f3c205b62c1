import Foundation

/// Runs the system's commands, which are the independent peers.
enum Command {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    struct Output: Sendable {
        let status: Int32
        let stdout: String
        let stderr: String
    }

    /// Runs a command and waits for its end.
    static func run(_ arguments: [String], input: String = "") throws -> Output {
        let running = try RunningCommand(arguments)
        running.send(input)
        return running.finish()
    }

    /// The same, but a failure is an error.
    @discardableResult
    static func check(_ arguments: [String]) throws -> String {
        let output = try run(arguments)
        guard output.status == 0 else {
            throw Failed(description: "\(arguments.joined(separator: " ")): \(output.status)\n\(output.stderr)")
        }
        return output.stdout
    }

    /// Runs a command on a separate thread, because the test runner has few threads.
    static func runAsync(_ arguments: [String], input: String = "") async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try run(arguments, input: input) }) }
        }
    }
}
