import Glibc
import TestSupport
import Testing
import TextPatterns
import Tracefs

extension Trait where Self == ConditionTrait {
    /// Only where tracefs can be driven: as root, on a kernel that has it.
    static var needsTracefs: Self { .enabled(if: RealTracefs.isUsable, "\(RealTracefs.reason)") }
}

/// The event names written as text; for tests only.
func names(_ texts: String...) -> [EventName] { texts.compactMap { EventName($0) } }

/// A system call that does nothing but occur in `syscalls:sys_enter_getppid`.
func callGetppid(times: Int) {
    for _ in 0..<times { _ = getppid() }
}
