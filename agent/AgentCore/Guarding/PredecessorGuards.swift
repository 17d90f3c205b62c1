import CLinux
import Glibc
import SystemFacts

/// Guards of an agent that died. Its successor has guards of its own, which know everything that it takes over, and
/// removes everything else itself.
enum PredecessorGuards {
    /// How often it is looked whether one has ended, with 10 ms between.
    private static let attempts = 100
    private static let pause = Duration.milliseconds(10)

    /// Ends those among these processes that are guards and have no agent.
    static func dismiss(_ pids: [Int32]) {
        for pid in pids where isOrphanedGuard(pid) {
            kill(pid, SIGKILL)
            for _ in 0..<attempts where TaskList.program(of: pid) != nil {
                linux_sleep_nanoseconds(UInt64(pause.wholeNanoseconds))
            }
        }
    }

    /// The kernel may have given the number to another process: a guard of a live agent is its child.
    private static func isOrphanedGuard(_ pid: Int32) -> Bool {
        guard TaskList.comm(of: pid) == "fleetrace-guard", let parent = TaskList.parent(of: pid) else { return false }
        return TaskList.program(of: parent) != TaskList.program(of: pid)
    }
}
