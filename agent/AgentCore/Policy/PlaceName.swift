import Probes

/// One of the names that rules know a probed place by: `kprobe:vfs_read`, `uprobe:/usr/bin/bash:main+0x10`.
struct PlaceName: Hashable {
    let kind: String
    /// Of a program; nil in the kernel.
    let path: String?
    /// Function, address, offset, marker.
    let target: String
    /// A rule that allows goes by such names alone: what the probe was asked for as, at the place where it really is. One
    /// that denies goes by any.
    let isOwn: Bool

    var text: String { path.map { "\(kind):\($0):\(target)" } ?? "\(kind):\(target)" }

    /// The same in the file by another path.
    func on(_ path: String) -> PlaceName { PlaceName(kind: kind, path: path, target: target, isOwn: isOwn) }
}

/// A place that a probe is planted at.
struct ProbedPlace {
    var names: [PlaceName] = []
    /// The program's file.
    var file: FileIdentity?
    /// As in refusals.
    let shown: String
}

extension ProbeKind {
    /// The kinds of rules that deny such a probe, its own first: whoever denies an instruction of the kernel also means the
    /// other ways to wait for it.
    var policyKinds: [String] {
        switch self {
        case .kprobe: ["kprobe"]
        case .kretprobe: ["kretprobe", "kprobe"]
        case .fprobe: ["fprobe", "kprobe"]
        case .fprobeReturn: ["fprobe", "kretprobe", "kprobe"]
        case .tracepoint: ["tracepoint"]
        case .eventProbe: ["eprobe"]
        case .uprobe: ["uprobe"]
        case .uretprobe: ["uretprobe", "uprobe"]
        case .usdt: ["usdt", "uprobe"]
        }
    }
}
