import CLinux
import Glibc

/// Files of debugfs, in which the kernel shows the state of its kprobes.
///
/// If debugfs is not mounted, this process mounts it for itself, outside of the directory tree.
enum Debugfs {
    /// The text of a file.
    ///
    /// - Throws: also if debugfs is not available.
    static func text(_ relative: String) throws(TracefsError) -> String {
        if let path = mounted() { return try ControlFile.text(path + "/" + relative) }
        let descriptor = linux_detached_mount("debugfs")
        guard descriptor >= 0 else { throw .systemCall(.mount, "debugfs", -descriptor) }
        defer { close(descriptor) }
        return try ControlFile.text("/proc/self/fd/\(descriptor)/\(relative)")
    }

    private static func mounted() -> String? {
        let mounts = ((try? ControlFile.text("/proc/self/mountinfo")) ?? "").split(separator: "\n")
            .compactMap(MountPoint.init(line:))
        return mounts.first { $0.type == "debugfs" && $0.root == "/" }?.path
    }
}
