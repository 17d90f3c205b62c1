import Glibc
import Probes
import TraceProtocol
import Tracefs

/// Finds out whether probes would work on this node, by planting them for a moment.
struct ProbeCheck {
    let tracefs: NodeTracefs

    /// In an instance of its own with recording off; nothing is left behind.
    func run(_ request: WireCheckProbes) throws -> WireProbesChecked {
        let name = InstanceName(node: tracefs.node, session: .random(in: 1 ... .max))
        var guarded = GuardedInstance(name.text, at: tracefs.guardian, grace: .zero)
        let instance = try guarded.make { try TraceInstance.create(in: tracefs.root, name: name.text) }
        let result = Result { try run(request, name, instance) }
        try instance.remove()
        try? guarded.remove { try ProbeSet.remove(ProbeGroup(name), from: tracefs.root) }
        return try result.get()
    }

    private func run(_ request: WireCheckProbes, _ name: InstanceName, _ instance: TraceInstance) throws
        -> WireProbesChecked
    {
        // Nothing is recorded.
        try instance.setBufferSize(kilobytesPerCPU: 4)
        var probes = try ProbeSet(request.probes, instance: name, root: tracefs.root, policy: tracefs.policy)
        probes.enable(in: instance)
        waitForOptimization(of: probes)
        var checked = WireProbesChecked()
        checked.checks = probes.checks()
        // The instance first: it holds them enabled. A probe that another user of tracefs has enabled
        // meanwhile is removed later, with the stale ones.
        try instance.remove()
        try? probes.remove()
        return checked
    }

    /// The kernel replaces breakpoints by jumps a little later, when no CPU can be in between (kprobe_optimizer in
    /// kernel/kprobes.c); until then its list shows breakpoints.
    private func waitForOptimization(of probes: ProbeSet) {
        guard KprobeState.isOptimizing else { return }
        for _ in 0..<Self.optimizationAttempts {
            let planted = probes.checks().map(\.planted.planted)
            guard planted.contains(KprobeState.Planting.breakpoint.rawValue) else { return }
            usleep(UInt32(Self.optimizationPause / .microseconds(1)))
        }
    }

    private static let optimizationAttempts = 10
    private static let optimizationPause = Duration.milliseconds(50)
}
