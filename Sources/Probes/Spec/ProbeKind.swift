/// What makes a probe fire.
public enum ProbeKind: String, Sendable, Hashable, CaseIterable {
    /// An instruction of the kernel.
    case kprobe
    /// The return from a kernel function.
    case kretprobe
    /// The entry of a kernel function, through ftrace's function hooks (Linux 6.5 and newer).
    case fprobe
    /// The return from a kernel function, through the same hooks.
    case fprobeReturn
    /// A tracepoint, which need not have an event (Linux 6.5 and newer).
    case tracepoint
    /// Another event (Linux 5.15 and newer).
    case eventProbe
    /// An instruction of a program or library.
    case uprobe
    /// The return from a function of a program or library.
    case uretprobe
    /// A statically defined marker of a program (`sys/sdt.h`).
    case usdt

    /// Whether the probed code is the kernel's.
    public var isKernel: Bool {
        switch self {
        case .kprobe, .kretprobe, .fprobe, .fprobeReturn, .tracepoint, .eventProbe: true
        case .uprobe, .uretprobe, .usdt: false
        }
    }

    /// Whether the probe fires when the function returns.
    public var isReturn: Bool { self == .kretprobe || self == .fprobeReturn || self == .uretprobe }

    /// Whether `%REG` can be fetched. For other kinds the kernel does not keep all registers.
    var hasRegisters: Bool {
        switch self {
        case .kprobe, .kretprobe, .uprobe, .uretprobe, .usdt: true
        case .fprobe, .fprobeReturn, .tracepoint, .eventProbe: false
        }
    }
}
