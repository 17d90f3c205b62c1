import Glibc
import TestSupport
import Testing
import TextPatterns
import Tracefs

extension Trait where Self == ConditionTrait {
    /// Enables tests that need tracefs: they run as root on a kernel that has it.
    static var needsTracefs: Self { .enabled(if: RealTracefs.isUsable, "\(RealTracefs.reason)") }
}

/// Event names from texts.
func names(_ texts: String...) -> [EventName] { texts.compactMap { EventName($0) } }

/// A system call whose only purpose is the event `syscalls:sys_enter_getppid`.
func callGetppid(times: Int) {
    for _ in 0..<times { _ = getppid() }
}
