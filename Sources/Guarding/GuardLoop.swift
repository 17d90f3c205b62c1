import CLinux
import Glibc
import SystemFacts

/// What a guard does, in its own process.
public enum GuardLoop {
    /// The name under which a program runs as its own guard.
    static let programName = "fleetrace-guard"

    /// Whether this process was started as a guard. To be asked first of all.
    public static var isThisProcess: Bool { CommandLine.arguments.first == programName }

    /// Sleeps until the guarded process has ended, cleans up what it left, and exits.
    ///
    /// - Parameters:
    ///   - keep: called at the death, with the names that are left alone for a while.
    ///   - cleanUp: removes what has these names.
    public static func run(keep: ([String]) -> Void = { _ in }, _ cleanUp: ([String]) -> Void) -> Never {
        linux_set_thread_name(programName)
        avoidOutOfMemoryKiller()
        linux_drop_program_pages()
        // No interest in POLLIN: a line in the pipe does not wake it, only the end of the last writer does.
        while linux_poll_hangup(0) == -EINTR {}
        let death = ContinuousClock.now
        var names = GuardedNames(reading: rest(of: 0))
        keep(names.inherited)
        while let end = names.nextEnd {
            let wait = death.advanced(by: end) - .now
            if wait > .zero { linux_sleep_nanoseconds(UInt64(wait.wholeNanoseconds)) }
            cleanUp(names.takeDue(after: death.duration(to: .now)))
        }
        exit(EXIT_SUCCESS)
    }

    /// Memory is what its process may have died of. Without the privilege it stays as it is.
    private static func avoidOutOfMemoryKiller() {
        let file = linux_open("/proc/self/oom_score_adj", O_WRONLY)
        guard file >= 0 else { return }
        _ = linux_write(file, "-1000", 5)
        close(file)
    }

    /// All that a descriptor gives until its end.
    private static func rest(of descriptor: Int32) -> String {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = linux_read(descriptor, &chunk, chunk.count)
            if count == -Int(EINTR) { continue }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += chunk[..<count]
        }
    }
}
