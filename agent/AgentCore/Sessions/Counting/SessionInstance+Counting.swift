import TraceProtocol
import Tracefs

extension SessionInstance {
    /// Makes an instance for what is counted and not recorded.
    ///
    /// Its probes are planted once, for what the kernel says; from then on it is what counts that plants them.
    ///
    /// - Throws: `WireRefusal`; nothing is left behind then.
    static func forCounts(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy
    ) throws(WireRefusal) -> SessionInstance {
        try make(order, session: session, node: node, root: root, policy: policy) { place in
            try place.selection.refuseTriggers()
            try place.instance.setBufferSize(kilobytesPerCPU: 4)
            try place.enableProbes()
            try place.instance.disable(place.probeEvents)
            return place
        }
    }

    /// The same for tables of the kernel's own.
    ///
    /// - Throws: `KernelDeclined` on a kernel without hist triggers, `WireRefusal` for what is wrong with the order.
    static func forTables(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy
    ) throws -> SessionInstance {
        guard let readme = try? root.readmeText(), readme.contains("hist trigger") else {
            throw KernelDeclined("this kernel has no hist triggers")
        }
        return try forCounts(order, session: session, node: node, root: root, policy: policy)
    }
}

extension EventSelection {
    func refuseTriggers() throws(WireRefusal) {
        guard triggers.isEmpty, lateTriggers.isEmpty else {
            throw WireRefusal(.unsupported, "triggers do not go with counts")
        }
    }
}
