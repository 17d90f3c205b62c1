import BPF
import EventFormat
import SystemFacts
import TextPatterns
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
        guard !request.count.isSampled else { return try samples(request, delivery, in: tracefs, remark: remark) }
        let instance = try probes(request, delivery, in: tracefs)
        do {
            return try prepare(request, delivery, instance, in: tracefs, remark: remark)
        } catch {
            try? instance?.remove()
            throw error
        }
    }

    /// Plants the probes of a request, for a moment.
    ///
    /// - Returns: what holds them; nil without any.
    private static func probes(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs
    ) throws -> SessionInstance? {
        guard !request.probes.isEmpty else { return nil }
        for text in request.probes {
            // Known before anything is planted.
            let kind = try ProbeWriter.spec(text).kind
            guard FetchedFields.kinds.contains(kind) else {
                throw KernelDeclined("the kernel runs programs at kprobes and uprobes, and at no \(kind)")
            }
        }
        return try SessionInstance.prepareForCounts(request, session: delivery.session, in: tracefs)
    }

    private static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, _ instance: SessionInstance?, in tracefs: NodeTracefs,
        remark: String
    ) throws -> EBPFCount {
        let isRaw = request.events.contains(where: RawTracepoint.isRaw)
        guard !isRaw || request.count.counters.isEmpty && request.probes.isEmpty else {
            throw WireRefusal(.unsupported, "raw tracepoints are counted apart from perf's counters and from probes")
        }
        let selection =
            try instance?.selection
            ?? EventSelection(request, probes: [], root: tracefs.root, policy: tracefs.policy)
        try selection.refuseTriggers()
        guard selection.taskFilter == nil else { throw KernelDeclined("a choice of tasks is not translated") }
        let events = try CountColumns.events(request.count, selection, probes: instance?.probes?.probes ?? [])
        guard events.count <= mostEvents else {
            throw KernelDeclined("\(events.count) events are more than \(mostEvents)")
        }
        let formats = try events.map { (name: $0, format: try format(of: $0, tracefs.root)) }
        let shown = { (event: EventName) in instance?.shownName(of: event) ?? event }
        let counted = try CountedEvents(
            request.count, formats, filters: selection.filterTexts,
            fields: try fields(formats, instance, tracefs.root, shown: shown), shown: shown)
        return try make(counted, request, delivery, instance, in: tracefs, notes: selection.notes, remark: remark)
    }

    private static func format(of event: EventName, _ root: TracefsRoot) throws -> EventFormat {
        event.system == RawTracepoint.system ? try RawTracepoint.format(event) : try root.format(of: event)
    }

    /// - Parameter instance: holds the probes.
    static func make(
        _ counted: CountedEvents, _ request: WirePrepare, _ delivery: SessionDelivery,
        _ instance: SessionInstance? = nil, in tracefs: NodeTracefs, notes: [String], remark: String
    ) throws -> EBPFCount {
        let release = try takeMemory(counted.memory, tracefs)
        do {
            let excluded = try UntracedThreads.wanted(
                excludedProcesses: request.excludedProcesses.map { Int32(bitPattern: $0) })
            return EBPFCount(
                try EBPFPrograms(counted, excluded: excluded, tracefs.root), instance, notes: notes, remark: remark,
                release: release, onDrained: delivery.onDrained)
        } catch {
            release()
            guard let error = error as? BPFError else { throw error }
            throw KernelDeclined("\(error)")
        }
    }

    private static func fields(
        _ formats: [(name: EventName, format: EventFormat)], _ instance: SessionInstance?, _ root: TracefsRoot,
        shown: (EventName) -> EventName
    ) throws -> [EventName: FetchedFields] {
        guard let probed = instance?.probeEvents, !probed.isEmpty else { return [:] }
        let listed = Dictionary(grouping: try DynamicEvents(root).list(), by: \.event)
        var fields: [EventName: FetchedFields] = [:]
        for (event, format) in formats where probed.contains(event) {
            fields[event] = try FetchedFields(listed[event] ?? [], format, shown: "\(shown(event))")
        }
        return fields
    }

    private static func takeMemory(_ bytes: Int, _ tracefs: NodeTracefs) throws(KernelDeclined) -> () -> Void {
        if let refusal = tracefs.policy.refusal(ofMaps: bytes) { throw KernelDeclined(refusal.text) }
        guard let share = tracefs.memory.take(bytes: bytes) else {
            throw KernelDeclined("tables of \(bytes >> 10) KiB are more than is left for all sessions")
        }
        return { [memory = tracefs.memory] in memory.giveBack(share) }
    }
}
