/// What audit lines say of requests, the same on both sides.
extension WirePrepare {
    /// What is recorded or counted.
    public var auditText: String {
        var parts = ["events \(events + count.counters)"]
        for (name, texts) in [
            ("probes", probes), ("filters", filters.map(\.text)), ("triggers", triggers.map(\.text)),
            ("pids", pids.map { "\($0)" }), ("comms", comms), ("stacks", stacks), ("keys", count.keys),
            ("functions", functionTrace.functions), ("without functions", functionTrace.excluded),
            ("call trees of", functionTrace.graph),
        ] where !texts.isEmpty {
            parts.append("\(name) \(texts)")
        }
        if functionTrace.depth > 0 { parts.append("depth \(functionTrace.depth)") }
        if functionTrace.stacks { parts.append("stacks of functions") }
        if bufferKilobytes > 0 { parts.append("buffer \(bufferKilobytes) KiB") }
        if clockSource != .monoRaw { parts.append("trace clock \(clockSource)") }
        if forceProbes { parts.append("probes that end programs, too") }
        if unattended { parts.append("unattended") }
        if leaseSeconds > 0 { parts.append("lease \(leaseSeconds) s") }
        if onFull != .overwrite { parts.append("when full \(onFull)") }
        return parts.joined(separator: ", ")
    }
}

extension WireListNames {
    /// What is listed.
    public var auditText: String {
        switch what {
        case .events: "events"
        case .functions(let pattern): "functions \(pattern)"
        case .counters: "counters"
        case .usdt(let program): "usdt \(program)"
        case .symbols(let wanted): "functions \(wanted.pattern) of \(wanted.path)"
        case nil: "what is not known here"
        }
    }
}
