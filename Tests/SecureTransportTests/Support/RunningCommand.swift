import Foundation
import Synchronization

/// A running command.
///
/// It is spawned without `Foundation.Process`, with which a child could inherit the pipe of another child if tests
/// start commands at the same time. The pipe's end would then never be seen.
final class RunningCommand: Sendable {
    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let errors: Int32

    init(_ arguments: [String], mergesErrors: Bool = false) throws {
        // A write to a command that has ended should be an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
        (process, input, output, errors) = try Self.spawning.withLock { _ in
            try Self.spawn(arguments, mergesErrors: mergesErrors)
        }
    }

    /// Held from the creation of pipes until they are marked and the child has started, so that no child inherits those
    /// of another.
    private static let spawning = Mutex(())

    private static func spawn(
        _ arguments: [String], mergesErrors: Bool
    ) throws -> (process: pid_t, input: Int32, output: Int32, errors: Int32) {
        let (input, output) = (try Self.pipe(), try Self.pipe())
        let path = "/tmp/fleetrace-test-\(UUID().uuidString)"
        let errors = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        unlink(path)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, mergesErrors ? output.write : errors, 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var process: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        let code = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
        close(input.read)
        close(output.write)
        guard code == 0 else {
            throw Command.Failed(description: "\(arguments[0]): \(String(cString: strerror(code)))")
        }
        return (process, input.write, output.read, errors)
    }

    func send(_ text: String, ends: Bool = true) {
        let bytes = Array(text.utf8)
        if !bytes.isEmpty { _ = write(input, bytes, bytes.count) }
        if ends { close(input) }
    }

    /// The next line, or nil at the end of the output.
    func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == 0x0a { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// Reads the rest and waits for the end.
    func finish() -> Command.Output {
        let text = Self.readAll(output)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        lseek(errors, 0, SEEK_SET)
        let words = Self.readAll(errors)
        let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Command.Output(status: exit, stdout: text, stderr: words)
    }

    func finishAsync() async -> Command.Output {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.finish()) }
        }
    }

    private static func readAll(_ file: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count <= 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        close(file)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Command.Failed(description: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
