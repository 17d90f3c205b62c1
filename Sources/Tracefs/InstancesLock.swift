import Glibc

/// Keeps processes of Fleetrace from removing stale instances while others create instances. It is a flock(2) on the
/// directory `instances`, which the kernel releases when its holder dies.
///
/// The kernel's own check is not enough. While a file of an instance is open, rmdir(2) fails with EBUSY. But if the
/// first open and the rmdir happen at the same time, both can succeed (seen on Linux 6.18, once in some hundred
/// attempts), and all files but the open one are gone.
struct InstancesLock: ~Copyable {
    private let directory: OpenFile

    /// Held to create an instance, from mkdir(2) to the open that pins it. It is shared.
    static func making(_ root: TracefsRoot) throws(TracefsError) -> InstancesLock {
        try InstancesLock(root, LOCK_SH)
    }

    /// Held to remove instances that others may own. It is exclusive.
    static func removing(_ root: TracefsRoot) throws(TracefsError) -> InstancesLock {
        try InstancesLock(root, LOCK_EX)
    }

    private init(_ root: TracefsRoot, _ kind: Int32) throws(TracefsError) {
        let directory = try OpenFile(root.file("instances"), flags: O_RDONLY | O_DIRECTORY)
        try directory.lock(kind)
        self.directory = directory
    }
}
