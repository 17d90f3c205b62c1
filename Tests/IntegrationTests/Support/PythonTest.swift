import Foundation

/// A program of the tests' in Python.
enum PythonTest {
    /// - Parameter path: below `Tests`.
    static func start(_ path: String, _ arguments: [String]) throws -> RunningProcess {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../\(path)").standardized.path
        return try RunningProcess(["python3", script] + arguments)
    }
}
