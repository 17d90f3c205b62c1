import CLinux
import Glibc

/// The paths of cgroups of version 2, by their numbers, as the kernel finds them: a cgroup's number is its file handle.
///
/// What was once found is kept: such a cgroup cannot be renamed. Confined to one thread at a time.
public final class CgroupPaths {
    private var texts: [UInt64: String] = [:]
    /// Opened when the first path is asked for; nil without a mount.
    private lazy var mount = Self.openMount()

    private struct Mount {
        let path: String
        let descriptor: Int32
    }

    /// Bytes of a path that are kept, from its end.
    private static let longest = 255

    public init() {}

    deinit { if !texts.isEmpty, let mount { close(mount.descriptor) } }

    /// The path from the root of the hierarchy, `/system.slice/cron.service`; `cgroup 1234` for one that is gone or not
    /// mounted here. Of a long path the end.
    public func text(of id: UInt64) -> String {
        if let text = texts[id] { return text }
        let path = mount.flatMap { Self.path(of: id, in: $0) } ?? "cgroup \(id)"
        let text = path.utf8.count <= Self.longest ? path : "..." + Self.end(of: path)
        texts[id] = text
        return text
    }

    /// At most 4 bytes a scalar.
    private static func end(of path: String) -> String {
        String(String.UnicodeScalarView(path.unicodeScalars.suffix((longest - 3) / 4)))
    }

    private static func path(of id: UInt64, in mount: Mount) -> String? {
        let descriptor = linux_open_cgroup(mount.descriptor, id)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let whole = String(decoding: buffer[..<count], as: UTF8.self)
        guard whole.hasPrefix(mount.path) else { return nil }
        let path = String(whole.dropFirst(mount.path == "/" ? 0 : mount.path.count))
        return path.isEmpty ? "/" : path
    }

    /// `30 23 0:26 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw`
    private static func openMount() -> Mount? {
        guard let mounts = try? SystemFile.text("/proc/self/mountinfo") else { return nil }
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 5, let dash = words[5...].firstIndex(of: "-"), dash + 1 < words.count,
                words[dash + 1] == "cgroup2"
            else { continue }
            let descriptor = linux_open(String(words[4]), O_RDONLY | O_DIRECTORY)
            if descriptor >= 0 { return Mount(path: String(words[4]), descriptor: descriptor) }
        }
        return nil
    }
}
