import TraceProtocol
import Tracefs

extension SessionInstance {
    /// Makes an instance in which the kernel counts in tables of its own: nothing is recorded.
    ///
    /// - Throws: `KernelDeclined` on a kernel without hist triggers, `CommandRefusal` for what is wrong with the order.
    static func forTables(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy
    ) throws -> SessionInstance {
        guard let readme = try? root.readmeText(), readme.contains("hist trigger") else {
            throw KernelDeclined("this kernel has no hist triggers")
        }
        return try make(order, session: session, node: node, root: root, policy: policy) { place in
            guard place.selection.triggers.isEmpty, place.selection.lateTriggers.isEmpty else {
                throw CommandRefusal(.unsupported, "triggers do not go with counts")
            }
            try place.instance.setBufferSize(kilobytesPerCPU: 4)
            // Planted once for what the kernel says; from then on it is the triggers that plant them.
            try place.enableProbes()
            try place.instance.disable(place.probeEvents)
            return place
        }
    }
}
