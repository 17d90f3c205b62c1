import SystemFacts
import TraceProtocol

extension WireVitals {
    /// What keeps a node's events from arriving, in a few words; empty while nothing does.
    var standstill: String {
        if fullMs > 0 { return "full for \(Quantity.duration(.milliseconds(Int64(clamping: fullMs))))" }
        // Under load a frame waits for milliseconds.
        if waitingMs >= 1000 { return "paused for \(Quantity.duration(.milliseconds(Int64(clamping: waitingMs))))" }
        return spoolFault.isEmpty ? "" : "no disk"
    }

    /// What waits for the controller, and where: a line for each thing that a person should know.
    var deliveryLines: [String] {
        let memory = "\(Quantity.bytes(memoryBytes)) in memory (\(Quantity.bytes(memoryLimit)) for each session)"
        let disk =
            spoolLimit > 0 ? ", \(Quantity.bytes(spoolBytes)) of \(Quantity.bytes(spoolLimit)) on disk" : ", no disk"
        let sendable = credit > 0 ? Quantity.bytes(UInt64(credit)) : "nothing"
        var lines = ["  kept: \(memory)\(disk); it may send \(sendable) more before the controller has stored some"]
        if waitingMs >= 1000 {
            lines.append(
                "  PAUSED for \(Quantity.duration(.milliseconds(Int64(clamping: waitingMs)))): the controller takes nothing"
            )
        }
        if fullMs > 0 {
            lines.append(
                "  FULL for \(Quantity.duration(.milliseconds(Int64(clamping: fullMs)))): nothing is read, and the ring buffer "
                    + "does what --on-full says")
        }
        if !spoolFault.isEmpty { lines.append("  DISK NOT USED: \(spoolFault)") }
        return lines
    }
}
