import CLinux
import Glibc

/// Files of debugfs, where the kernel states what it does with kprobes.
///
/// Where debugfs is not mounted it is reached through a mount of this process alone that appears in no directory.
enum Debugfs {
    /// The text of a file.
    ///
    /// - Throws: also if there is no debugfs to be had.
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
