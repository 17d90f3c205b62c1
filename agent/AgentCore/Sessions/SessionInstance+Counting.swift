import TraceProtocol
import Tracefs

extension SessionInstance {
    /// Makes an instance for what is counted and not recorded.
    ///
    /// Its probes are planted once, so that the kernel reports what is wrong with them. Later the counters or triggers
    /// that use a probe plant it.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepareForCounts(
        _ request: WirePrepare, session: UInt64, in tracefs: NodeTracefs
    ) throws -> SessionInstance {
        let instance = try prepare(request, session: session, in: tracefs)
        do {
            try instance.selection.refuseTriggers()
            try instance.trace.setBufferSize(kilobytesPerCPU: 4)
            try instance.enableProbes()
            try instance.trace.disable(instance.probeEvents)
            return instance
        } catch {
            try? instance.remove()
            throw error
        }
    }

    /// The same for the kernel's own tables.
    ///
    /// - Throws: `KernelDeclined` on a kernel without hist triggers; else why the node refuses.
    static func prepareForTables(
        _ request: WirePrepare, session: UInt64, in tracefs: NodeTracefs
    ) throws -> SessionInstance {
        guard let readme = try? tracefs.root.readmeText(), readme.contains("hist trigger") else {
            throw KernelDeclined("this kernel has no hist triggers")
        }
        return try prepareForCounts(request, session: session, in: tracefs)
    }
}

extension EventSelection {
    func refuseTriggers() throws(WireRefusal) {
        guard triggers.isEmpty, lateTriggers.isEmpty else {
            throw WireRefusal(.unsupported, "triggers do not go with counts")
        }
    }
}
