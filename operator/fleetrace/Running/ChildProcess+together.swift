import Glibc
import Threads

/// A program to start in the background.
struct ChildCommand: Sendable {
    var arguments: [String]
    /// Where its stdout and stderr go.
    var errorFile: String
}

extension ChildProcess {
    /// Starts programs, each in a process group of its own, on a thread that lives as long as they do.
    ///
    /// To the kernel, a process's parent is the thread that started it: a program that ends with its parent
    /// (PR_SET_PDEATHSIG, prctl(2)) would end with a thread of Swift's pool, which ends after some idle seconds.
    ///
    /// - Throws: `CommandError`, `ThreadError`. Those that were started are then told to end.
    static func startTogether(_ commands: [ChildCommand]) async throws -> [ChildProcess] {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try spawnThread(name: "children") {
                    var children: [ChildProcess] = []
                    do {
                        for command in commands {
                            children.append(
                                try ChildProcess(command.arguments, errorFile: command.errorFile, ownGroup: true))
                        }
                        continuation.resume(returning: children)
                    } catch {
                        for child in children { child.send(SIGTERM) }
                        continuation.resume(throwing: error)
                    }
                    for child in children { child.awaitEnd() }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Blocks until it has ended, and leaves its exit status to `exit()`.
    private func awaitEnd() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }
}
