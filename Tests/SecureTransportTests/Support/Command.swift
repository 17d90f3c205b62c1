import Foundation

/// Runs commands of the system: the independent peers.
enum Command {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    struct Output: Sendable {
        let status: Int32
        let stdout: String
        let stderr: String
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], input: String = "", in directory: String? = nil) throws -> Output {
        let running = try Running(arguments, in: directory)
        running.send(input)
        return running.finish()
    }

    /// The same, and a failure is an error.
    @discardableResult
    static func check(_ arguments: [String], in directory: String? = nil) throws -> String {
        let output = try run(arguments, in: directory)
        guard output.status == 0 else {
            throw Failed(description: "\(arguments.joined(separator: " ")): \(output.status)\n\(output.stderr)")
        }
        return output.stdout
    }

    /// Runs a command to its end on a thread of its own.
    static func runAsync(_ arguments: [String], input: String = "") async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try run(arguments, input: input) }) }
        }
    }

    /// A command under way.
    final class Running: @unchecked Sendable {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private let errors: URL

        init(_ arguments: [String], in directory: String? = nil, mergesErrors: Bool = false) throws {
            errors = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString).err")
            _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = arguments
            if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
            process.standardInput = input
            process.standardOutput = output
            process.standardError = mergesErrors ? output : try FileHandle(forWritingTo: errors)
            try process.run()
        }

        func send(_ text: String, ends: Bool = true) {
            try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            if ends { try? input.fileHandleForWriting.close() }
        }

        /// The next line; nil at the end of the output.
        func readLine() -> String? {
            var line = Data()
            while let byte = try? output.fileHandleForReading.read(upToCount: 1), let first = byte.first {
                if first == 0x0a { return String(decoding: line, as: UTF8.self) }
                line.append(first)
            }
            return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
        }

        func finish() -> Output {
            let text = (try? output.fileHandleForReading.readToEnd()) ?? Data()
            process.waitUntilExit()
            let words = (try? Data(contentsOf: errors)) ?? Data()
            try? FileManager.default.removeItem(at: errors)
            return Output(
                status: process.terminationStatus, stdout: String(decoding: text, as: UTF8.self),
                stderr: String(decoding: words, as: UTF8.self))
        }

        func finishAsync() async -> Output {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: self.finish()) }
            }
        }

        func terminate() { process.terminate() }
    }
}
