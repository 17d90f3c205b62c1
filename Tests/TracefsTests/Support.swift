import CLinux
import Glibc
import Testing
import Tracefs

/// The real tracefs of this machine, or why it cannot be used. Tests that need it are disabled with that reason, which
/// the test run prints.
enum RealTracefs {
    static let prefix = "fleetrace-test-tracefs-"

    static let root: Result<TracefsRoot, TracefsError> = {
        do throws(TracefsError) {
            let root = try TracefsRoot.locate(mountIfNeeded: true)
            // What a run that crashed has left; a run at the same time holds its own.
            _ = try root.removeStaleInstances(prefix: prefix)
            return .success(root)
        } catch {
            return .failure(error)
        }
    }()

    static var isUsable: Bool { if case .success = root { true } else { false } }

    static var reason: Comment {
        if case .failure(let error) = root { "SKIPPED, not tested: \(error)" } else { "tracefs is usable" }
    }

    /// A name that no other test and no other run of the tests has.
    static func uniqueName(_ purpose: String) -> String {
        "\(prefix)\(purpose)-\(TaskList.currentProcess())-\(MonotonicRawClock.now())"
    }

    /// Runs `body` with a new instance and removes it, whatever happens.
    @discardableResult
    static func withInstance<R>(_ purpose: String, _ body: (TracefsRoot, TraceInstance) throws -> R) throws -> R {
        let root = try root.get()
        let instance = try TraceInstance.create(in: root, name: uniqueName(purpose))
        let result = Result { try body(root, instance) }
        try instance.remove()
        return try result.get()
    }
}

extension Trait where Self == ConditionTrait {
    /// Only where tracefs can be driven: as root, on a kernel that has it.
    static var needsTracefs: Self { .enabled(if: RealTracefs.isUsable, RealTracefs.reason) }
}

/// The event names written as text; for tests only.
func names(_ texts: String...) -> [EventName] { texts.compactMap { EventName($0) } }

/// A system call that does nothing but occur in `syscalls:sys_enter_getppid`.
func callGetppid(times: Int) {
    for _ in 0..<times { _ = getppid() }
}
