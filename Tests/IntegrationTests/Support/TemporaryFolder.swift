import Foundation

/// A folder for one test.
struct TemporaryFolder: Sendable {
    let path: String

    /// Makes one, and removes it after `body`, also when that throws.
    static func with<R>(_ body: (TemporaryFolder) async throws -> R) async throws -> R {
        let folder = try TemporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        return try await body(folder)
    }

    private init() throws {
        var template = Array("/tmp/fleetrace-it-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("cannot make a folder in /tmp: errno \(errno)") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o755)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes an agent's policy, which nobody else may write, and returns its path.
    func policy(_ rules: String, named name: String = "policy") throws -> String {
        let path = file(name)
        try rules.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o644)
        return path
    }

    /// A program with a unique name, to be found in a trace. It does nothing.
    func uniqueProgram() throws -> String {
        let path = file("ft" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16))
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/bin/true")
        return path
    }
}
