import Foundation

/// A setting of this machine's kernel (a file below /proc/sys), changed for a time.
struct KernelSetting {
    let path: String

    static let hiddenPointers = KernelSetting(path: "/proc/sys/kernel/kptr_restrict")

    func value() throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Puts another value there while `body` runs. A process of its own puts the old one back when this one closes a pipe to
    /// it, so also when this one is killed.
    ///
    /// - Parameter body: may put the old value back earlier.
    func with<R>(_ value: String, _ body: (_ restore: () throws -> Void) async throws -> R) async throws -> R {
        let old = try self.value()
        let keeper = Process()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", "trap '' INT TERM HUP; cat; echo \"$1\" >\"$2\"", "sh", old, path]
        let pipe = Pipe()
        keeper.standardInput = pipe
        // No other program that starts meanwhile has the end that is closed below.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try keeper.run()
        try pipe.fileHandleForReading.close()
        defer {
            try? pipe.fileHandleForWriting.close()
            keeper.waitUntilExit()
        }
        try write(value)
        return try await body { try write(old) }
    }

    private func write(_ value: String) throws {
        try Data("\(value)\n".utf8).write(to: URL(fileURLWithPath: path), options: [])
    }
}
