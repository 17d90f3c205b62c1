/// One of the names that rules know a probed location by: `kprobe:vfs_read`, `uprobe:/usr/bin/bash:main+0x10`.
struct LocationName: Hashable {
    let kind: String
    /// Of a program; nil in the kernel.
    let path: String?
    /// Function, address, offset, marker.
    let target: String
    /// The name is of the probe's own kind and of its true location. A rule that allows matches only such names; one
    /// that denies matches any.
    let isOwn: Bool

    var text: String { path.map { "\(kind):\($0):\(target)" } ?? "\(kind):\(target)" }

    /// The same in the file by another path.
    func on(_ path: String) -> LocationName { LocationName(kind: kind, path: path, target: target, isOwn: isOwn) }
}
