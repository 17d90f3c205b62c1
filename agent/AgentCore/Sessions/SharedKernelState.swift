import TraceProtocol

extension WirePrepare {
    /// It makes something that is global to the kernel: probes, or the synthetic events of latencies. The kernel's
    /// explanation of a refusal stands in one log for all of them, so such sessions are made one after the other.
    var changesSharedState: Bool { !probes.isEmpty || count.hasLatency }
}
