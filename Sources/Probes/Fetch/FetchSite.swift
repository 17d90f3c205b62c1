/// What can be fetched at a probe's location.
struct FetchSite {
    let kind: ProbeKind
    let location: ProbeLocation

    /// Why `$argN` and names of arguments cannot be fetched here, or nil if they can.
    var reasonAgainstArguments: String? {
        switch kind {
        case .kprobe:
            switch location {
            case .address: "an address may be anywhere in a function: arguments are only known at kprobe:FUNC"
            case .function(_, let symbol, let offset) where offset != 0:
                "arguments are available only at the entry of \(symbol): leave out the offset, or name registers"
            default: nil
            }
        // Since Linux 6.9 the kernel keeps them until the return. An older node refuses the probe.
        case .kretprobe, .fprobe, .fprobeReturn, .tracepoint, .eventProbe: nil
        case .uprobe:
            if case .fileSymbol(_, let symbol, let offset) = location, offset != 0 {
                "arguments are available only at the entry of \(symbol): leave out the offset, or name registers"
            } else {
                nil
            }
        case .uretprobe: "the arguments are gone when a function returns: fetch them with uprobe: at its entry"
        case .usdt: nil
        }
    }

    /// Why names of arguments, which the kernel looks up in BTF, cannot be fetched here, or nil if they can.
    var reasonAgainstNames: String? {
        kind.isKernel ? reasonAgainstArguments : "arguments have names only in the kernel: write $arg1, $arg2 …"
    }
}
