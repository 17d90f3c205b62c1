import CLinux
import Glibc

/// The directory of this node's tracing files, usually `/sys/kernel/tracing`.
public struct TracefsRoot: Sendable, Hashable {
    /// Its path, without a trailing slash.
    public let path: String

    /// The usual mount points of tracefs: its own, and the automount below debugfs.
    static let usualPaths = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

    private init(verified path: String) { self.path = path }

    /// Finds tracefs at the usual mount points, then in /proc/self/mountinfo. If it is not mounted, mounts it at
    /// `/sys/kernel/tracing` if the caller allows it.
    ///
    /// - Throws: ``TracefsError/noTracefs(reason:)``, ``TracefsError/notPermitted(operation:path:errno:)`` or
    ///   ``TracefsError/lockedDown(path:)``.
    public static func locate(mountIfNeeded: Bool) throws(TracefsError) -> TracefsRoot {
        let mountInfo = (try? ControlFile.text("/proc/self/mountinfo")) ?? ""
        for path in usualPaths + MountPoint.tracefsCandidates(mountInfo) where isTracefs(path) {
            return try usable(path)
        }
        guard mountIfNeeded else {
            throw .noTracefs(reason: "it is not mounted (mount -t tracefs nodev \(usualPaths[0]))")
        }
        return try mount(at: usualPaths[0])
    }

    /// The tracefs at a path, e.g. from a configuration file.
    public static func at(_ path: String) throws(TracefsError) -> TracefsRoot {
        guard isTracefs(path) else { throw .noTracefs(reason: "\(path) is not a tracefs mount") }
        return try usable(path)
    }

    private static func isTracefs(_ path: String) -> Bool { linux_filesystem_magic(path) == linux_tracefs_magic }

    private static func mount(at path: String) throws(TracefsError) -> TracefsRoot {
        let result = linux_mount_tracefs(path)
        switch -result {
        case 0: return try usable(path)
        case Errno.noDevice:
            throw .noTracefs(reason: "the kernel does not know the file system (it needs CONFIG_TRACING)")
        case Errno.noEntry:
            throw .noTracefs(reason: "\(path) does not exist (is sysfs mounted? the kernel needs CONFIG_TRACING)")
        default: throw .systemCall(.mount, path, -result)
        }
    }

    /// Opens a file to check whether tracing is allowed. Under lockdown the directory exists, but its files cannot be
    /// opened.
    private static func usable(_ path: String) throws(TracefsError) -> TracefsRoot {
        do {
            _ = try OpenFile(path + "/trace_clock", flags: O_RDONLY)
            _ = try Directory.names(path + "/instances")
        } catch {
            throw error.explainingMissing(path, "tracing is built without CONFIG_TRACING or has been disabled")
        }
        return TracefsRoot(verified: path)
    }

    /// Path of a file below the root.
    func file(_ relative: String) -> String { path + "/" + relative }
}
