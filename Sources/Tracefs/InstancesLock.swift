import Glibc

/// Holds off other processes of Fleetrace while instances are made, or while stale ones are removed: flock(2) on the
/// directory `instances`, which goes when its holder dies.
///
/// The kernel alone is not enough. An open file of an instance makes rmdir(2) answer EBUSY, but when the first open and the
/// rmdir come at the same time, both can succeed (seen on Linux 6.18, once in some hundred), and all files but the open one
/// are gone.
struct InstancesLock: ~Copyable {
    private let directory: OpenFile

    /// Who makes an instance, from mkdir(2) to the open that pins it; several may.
    static func making(_ root: TracefsRoot) throws(TracefsError) -> InstancesLock {
        try InstancesLock(root, LOCK_SH)
    }

    /// Who removes what others may own.
    static func removing(_ root: TracefsRoot) throws(TracefsError) -> InstancesLock {
        try InstancesLock(root, LOCK_EX)
    }

    private init(_ root: TracefsRoot, _ kind: Int32) throws(TracefsError) {
        let directory = try OpenFile(root.file("instances"), flags: O_RDONLY | O_DIRECTORY)
        try directory.lock(kind)
        self.directory = directory
    }
}
