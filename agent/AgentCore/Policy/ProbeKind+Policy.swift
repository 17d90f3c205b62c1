import Probes

extension ProbeKind {
    /// The kinds of rules that deny such a probe, its own first: a rule that denies an instruction of the kernel also
    /// means the other ways to wait for it.
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
