import CLinux
import Glibc

/// A guard could not be started.
struct GuardChildError: Error {
    var errno: Int32
}

/// A guard that this process has started.
struct GuardChild: Sendable {
    let pid: pid_t
    private let pipe: Int32

    /// Runs this program again under the guard's name, with nothing open but the pipe and stderr.
    ///
    /// It is in a session of its own, so that a terminal's signals do not reach it, and blocks all signals from its first
    /// instruction on: a service manager that stops everything by SIGTERM must not stop it before the process that it
    /// guards. It ends by itself when that one has.
    static func start() throws(GuardChildError) -> GuardChild {
        var ends: [Int32] = [-1, -1]
        let made = linux_pipe(&ends)
        guard made == 0 else { throw GuardChildError(errno: -made) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        _ = linux_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(linux_spawn_new_session))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(GuardLoop.programName), nil]
        defer { free(arguments[0]) }
        var pid = pid_t()
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &arguments, environ)
        guard code == 0 else {
            close(ends[1])
            throw GuardChildError(errno: code)
        }
        // A guard that does not read, because it is stopped, must not stop this process too.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return GuardChild(pid: pid, pipe: ends[1])
    }

    /// - Returns: whether all of it is in the pipe.
    func tell(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.isEmpty || linux_write(pipe, $0.baseAddress, $0.count) == $0.count }
    }

    var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
    }

    private static let endingAttempts = 200
    private static let endingPauseNanoseconds: UInt64 = 10_000_000

    /// Lets it end by itself, and waits for that as long as a clean-up takes.
    func end() {
        close(pipe)
        for _ in 0..<Self.endingAttempts where !hasEnded { linux_sleep_nanoseconds(Self.endingPauseNanoseconds) }
        var status: Int32 = 0
        waitpid(pid, &status, WNOHANG)
    }

    /// It learns that this process ends, and is not waited for.
    func depart() { close(pipe) }

    /// Ends it without a clean-up.
    func dismiss() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        close(pipe)
    }
}
