import Foundation
import Synchronization

/// How a process ended.
enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    static let success = ExitStatus.exited(0)

    init(waitStatus: Int32) {
        self = waitStatus & 0x7f == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(waitStatus & 0x7f)
    }

    var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}

/// A program that a test started, in a process group of its own, as a shell starts it.
///
/// It is killed when the test releases it.
final class RunningProcess: Sendable {
    /// Where its stdout goes.
    enum Output {
        /// Into `output`.
        case collected
        /// Nobody reads it until `readOutput()`.
        case unread
        /// Into a file.
        case file(String)
    }

    let pid: pid_t
    let arguments: [String]
    let output = OutputTranscript()
    let errors = OutputTranscript()
    private let status = Mutex<ExitStatus?>(nil)
    private let unread: Mutex<Int32?>
    private let isCollecting = Atomic<Bool>(true)
    private static let spawning = Mutex(())

    private struct Pipe {
        let read: Int32
        let write: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw TestFailure("no pipe: errno \(errno)") }
            (read, write) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
    }

    init(_ arguments: [String], environment: [String: String] = [:], output mode: Output = .collected) throws {
        self.arguments = arguments
        // No other child may be started between making a pipe and marking its ends close-on-exec.
        let (out, err) = try Self.spawning.withLock { _ in (try Pipe(), try Pipe()) }
        defer {
            close(out.write)
            close(err.write)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if case .file(let path) = mode {
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, out.write, 1)
        }
        posix_spawn_file_actions_adddup2(&actions, err.write, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The program must not inherit the test runner's signal dispositions and mask.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child = pid_t()
        let code = Self.spawning.withLock { _ in
            posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &settings)
        }
        guard code == 0 else {
            close(out.read)
            close(err.read)
            throw TestFailure("cannot run \(arguments[0]): \(String(cString: strerror(code)))")
        }
        pid = child
        if case .unread = mode {
            unread = Mutex(out.read)
            isCollecting.store(false, ordering: .releasing)
        } else {
            unread = Mutex(nil)
            output.collect(from: out.read)
        }
        errors.collect(from: err.read)
        reap()
    }

    deinit {
        kill()
        closeOutput()
    }

    private func reap() {
        let pid = pid
        Thread.detachNewThread { [weak self] in
            // WNOWAIT: the pid is not reused until the status has been stored.
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            guard let self else {
                waitpid(pid, nil, 0)
                return
            }
            self.status.withLock { status in
                var code: Int32 = 0
                while waitpid(pid, &code, 0) < 0, errno == EINTR {}
                status = ExitStatus(waitStatus: code)
            }
        }
    }

    var exitStatus: ExitStatus? { status.withLock { $0 } }
    var isRunning: Bool { exitStatus == nil }

    /// Waits for its end and for the end of its streams.
    ///
    /// - Throws: `TestFailure` when it has not ended in time. It is then killed.
    @discardableResult
    func exit(within limit: Duration = .seconds(30)) async throws -> ExitStatus {
        do {
            try await eventually("the end of \(name)", within: limit) { !self.isRunning }
        } catch {
            kill()
            throw TestFailure("\(error); its stderr:\n\(errors.text.suffix(4000))")
        }
        try await eventually("the end of stderr of \(name)", within: .seconds(5)) { self.errors.isAtEnd }
        if isCollecting.load(ordering: .acquiring) {
            try await eventually("the end of stdout of \(name)", within: .seconds(20)) { self.output.isAtEnd }
        }
        return exitStatus ?? .exited(-1)
    }

    /// The program and its verb, for messages.
    var name: String { arguments.prefix(2).map { ($0 as NSString).lastPathComponent }.joined(separator: " ") }

    /// To this process alone.
    func send(_ signal: Int32) {
        status.withLock { if $0 == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// To its process group, as a terminal's Ctrl-C does.
    func sendToGroup(_ signal: Int32) {
        status.withLock { if $0 == nil { _ = Glibc.kill(-pid, signal) } }
    }

    func kill() { send(SIGKILL) }

    /// Sends SIGTERM and waits; kills it when that takes too long.
    func terminate(within limit: Duration = .seconds(20)) async throws {
        send(SIGTERM)
        try await exit(within: limit)
    }

    // MARK: Unread output

    /// Starts to read the output of `.unread`.
    func readOutput() {
        let descriptor = unread.withLock { value in
            defer { value = nil }
            return value
        }
        guard let descriptor else { return }
        isCollecting.store(true, ordering: .releasing)
        output.collect(from: descriptor)
    }

    /// Closes the reading end of an unread output.
    func closeOutput() {
        unread.withLock { value in
            if let value { close(value) }
            value = nil
        }
    }

    /// Reads some bytes of an unread output; blocks until there are any.
    func readSomeOutput(_ size: Int) -> String {
        guard let descriptor = unread.withLock({ $0 }) else { return "" }
        var buffer = [UInt8](repeating: 0, count: size)
        let count = read(descriptor, &buffer, size)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
