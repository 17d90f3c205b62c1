import CLinux
import Glibc

/// For agents that a `fleetrace --local` command has started: they must not outlive it.
enum ParentWatch {
    /// Asks the kernel for SIGTERM when the parent ends (PR_SET_PDEATHSIG, prctl(2)).
    static func exitWithParent() {
        let parent = getppid()
        _ = linux_set_parent_death_signal(SIGTERM)
        // It may have ended before the call.
        if getppid() != parent || parent == 1 { raise(SIGTERM) }
    }
}
