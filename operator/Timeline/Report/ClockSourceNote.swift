import TraceProtocol

extension WireSessionDescription {
    /// What a reader should know of its time stamps; nil where they are of the usual clock.
    var clockSourceNote: String? {
        guard clockSource != .monoRaw else { return nil }
        let session = name.isEmpty ? "the session" : name
        return "\(session): the kernels stamped events by the trace clock \(clockSource.name), which is adjusted: "
            + "bounds are wider than with mono_raw"
    }
}

extension WireTraceClockSource {
    /// As the kernel calls it.
    public var name: String {
        switch self {
        case .monoRaw: "mono_raw"
        case .boot: "boot"
        case .mono: "mono"
        case .tai: "tai"
        case .UNRECOGNIZED(let number): "number \(number)"
        }
    }
}
