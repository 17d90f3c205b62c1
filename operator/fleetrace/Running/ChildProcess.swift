import Glibc
import Threads

/// A program that this command started.
struct ChildProcess: Sendable {
    let pid: pid_t

    /// Starts a program found by PATH, with this process's environment.
    ///
    /// - Parameters:
    ///   - errorFile: where its stderr goes; nil for this process's own.
    ///   - ownGroup: in a process group of its own, which the terminal's Ctrl-C does not reach.
    ///   - outputToErrors: its stdout goes where its stderr does.
    ///   - inheriting: a file that it gets, and under which number.
    /// - Throws: `CommandError`.
    init(
        _ arguments: [String], errorFile: String? = nil, ownGroup: Bool = false, outputToErrors: Bool = false,
        inheriting: (file: Int32, number: Int32)? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let errorFile {
            posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 2, 1)
        }
        if outputToErrors { posix_spawn_file_actions_adddup2(&actions, 2, 1) }
        if let inheriting { posix_spawn_file_actions_adddup2(&actions, inheriting.file, inheriting.number) }
        // The child starts with the usual signal handling, whatever this process ignores or blocks.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let group = ownGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var child = pid_t()
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, environ)
        guard code == 0 else { throw CommandError("cannot run \(arguments[0]): \(String(cString: strerror(code)))") }
        pid = child
    }

    /// Waits for its end on a thread of its own.
    ///
    /// - Returns: its exit status, or 128 and the signal that ended it.
    func exit() async -> Int32 {
        await withCheckedContinuation { continuation in
            do {
                try spawnThread(name: "child") { continuation.resume(returning: wait()) }
            } catch {
                // Without a thread there is only this one to wait on.
                continuation.resume(returning: wait())
            }
        }
    }

    private func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    var hasExited: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != 0
    }

    func send(_ signal: Int32) {
        kill(pid, signal)
    }
}
