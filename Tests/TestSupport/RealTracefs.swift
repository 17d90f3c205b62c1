import SystemFacts
import Tracefs

/// The real tracefs of this machine, or why it cannot be used. Tests that need it are disabled with that reason, which
/// the test run prints.
public enum RealTracefs {
    public static let prefix = "fleetrace-test-tracefs-"

    public static let root: Result<TracefsRoot, TracefsError> = {
        do throws(TracefsError) {
            let root = try TracefsRoot.locate(mountIfNeeded: true)
            // Removes what a crashed run has left. A run at the same time keeps its instances open, so they stay.
            _ = try root.removeStaleInstances(prefix: prefix)
            return .success(root)
        } catch {
            return .failure(error)
        }
    }()

    public static var isUsable: Bool { if case .success = root { true } else { false } }

    public static var reason: String {
        if case .failure(let error) = root { "SKIPPED, not tested: \(error)" } else { "tracefs is usable" }
    }

    /// A name that no other test and no other run of the tests has.
    public static func uniqueName(_ purpose: String) -> String {
        "\(prefix)\(purpose)-\(TaskList.currentProcess())-\(MonotonicRawInstant.now.nanoseconds)"
    }

    /// Runs `body` with a new instance and removes it, whatever happens.
    @discardableResult
    public static func withInstance<R>(_ purpose: String, _ body: (TracefsRoot, TraceInstance) throws -> R) throws -> R
    {
        let root = try root.get()
        let instance = try TraceInstance.create(in: root, name: uniqueName(purpose))
        let result = Result { try body(root, instance) }
        try instance.remove()
        return try result.get()
    }
}
