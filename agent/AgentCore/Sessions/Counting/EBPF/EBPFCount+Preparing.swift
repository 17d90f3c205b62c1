import BPF
import EventFormat
import SystemFacts
import TraceProtocol
import Tracefs

extension EBPFCount {
    /// Programs are made, verified and attached one after the other; more of them are decoded.
    private static let mostEvents = 32

    /// The first kernel that counts the events at which it did not run a program.
    private static let firstWithMisses = KernelRelease(6, 7)

    /// Whether nothing can be missing unnoticed.
    static func countsMisses() -> Bool {
        guard let facts = try? HostFacts.current(), let release = KernelRelease(facts.kernelRelease) else {
            return false
        }
        return release >= firstWithMisses
    }

    /// Makes everything, with counting off.
    ///
    /// - Parameter remark: why the kernel's own tables do not count it.
    /// - Throws: `KernelDeclined` for what programs do not count, or would count otherwise than decoding does;
    ///   `WireRefusal` for what is wrong with the request. Nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, remark: String
    ) throws -> EBPFCount {
        if let refusal = tracefs.policy.refusalOfEBPF { throw KernelDeclined(refusal.text) }
        guard request.probes.isEmpty else { throw KernelDeclined("probes are not counted by eBPF") }
        guard !request.count.isSampled else { return try samples(request, delivery, in: tracefs, remark: remark) }
        let selection = try EventSelection(request, probes: [], root: tracefs.root, policy: tracefs.policy)
        try selection.refuseTriggers()
        guard selection.taskFilter == nil else { throw KernelDeclined("a choice of tasks is not translated") }
        let events = try CountColumns.events(request.count, selection, probes: [])
        guard events.count <= mostEvents else {
            throw KernelDeclined("\(events.count) events are more than \(mostEvents)")
        }
        let counted = try CountedEvents(
            request.count, events.map { ($0, try tracefs.root.format(of: $0)) }, filters: selection.filterTexts)
        return try make(counted, request, delivery, in: tracefs, notes: selection.notes, remark: remark)
    }

    static func make(
        _ counted: CountedEvents, _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs,
        notes: [String], remark: String
    ) throws -> EBPFCount {
        let release = try takeMemory(counted.memory, tracefs)
        do {
            let excluded = try UntracedThreads.wanted(
                excludedProcesses: request.excludedProcesses.map { Int32(bitPattern: $0) })
            return EBPFCount(
                try EBPFPrograms(counted, excluded: excluded, tracefs.root), notes: notes, remark: remark,
                release: release, onDrained: delivery.onDrained)
        } catch {
            release()
            guard let error = error as? BPFError else { throw error }
            throw KernelDeclined("\(error)")
        }
    }

    private static func takeMemory(_ bytes: Int, _ tracefs: NodeTracefs) throws(KernelDeclined) -> () -> Void {
        if let refusal = tracefs.policy.refusal(ofMaps: bytes) { throw KernelDeclined(refusal.text) }
        guard let share = tracefs.memory.take(bytes: bytes) else {
            throw KernelDeclined("tables of \(bytes >> 10) KiB are more than is left for all sessions")
        }
        return { [memory = tracefs.memory] in memory.giveBack(share) }
    }
}
