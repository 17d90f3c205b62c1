import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts latencies in the kernel's own tables (`LatencyTables`), in an instance of the session's own.
final class HistLatency: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    var notes: [String] { instance.selection.notes }
    var gaps: [WireRecordingGap] { instance.gaps }
    var missed: [WireProbeMisses] { instance.missed }
    private let instance: SessionInstance
    private let tables: LatencyTables
    private let onDrained: @Sendable () -> Void
    private var isStopped = false
    /// Exits that were counted before the start.
    private var earlierExits: UInt64 = 0

    private init(
        _ instance: SessionInstance, _ tables: LatencyTables, events: [EventName],
        onDrained: @escaping @Sendable () -> Void
    ) {
        self.instance = instance
        self.tables = tables
        self.events = events
        self.onDrained = onDrained
        plan.add(events.map { "\($0)" }.joined(separator: " -> "), .histTrigger)
    }

    /// Makes the tables; nothing has begun for them yet.
    ///
    /// - Throws: `KernelDeclined` when this kernel cannot count it, or would count otherwise than decoding does;
    ///   `WireRefusal` for what is wrong with the request. Nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs
    ) throws -> HistLatency {
        if request.count.keys.contains("comm") { throw KernelDeclined("the kernel's tables have no names of tasks") }
        if request.count.isMatched {
            throw KernelDeclined("latencies are matched by thread in the kernel's tables, not by fields")
        }
        let instance = try SessionInstance.prepareForTables(request, session: delivery.session, in: tracefs)
        do {
            let pair = try CountColumns.events(
                request.count, instance.selection, probes: instance.probes?.probes ?? [])
            let tables = try LatencyTables(
                request.count, group: ProbeGroup(InstanceName(node: tracefs.node, session: delivery.session)),
                entry: pair[0], exit: pair[1], exitFormat: try tracefs.root.format(of: pair[1]),
                filters: instance.selection.filterTexts, clock: TraceClockSource.monoRaw.rawValue,
                cpus: try CPUList.possible().cpus.count)
            try make(tables, instance, DynamicEvents(tracefs.root))
            return HistLatency(
                instance, tables, events: pair.map(instance.shownName), onDrained: delivery.onDrained)
        } catch {
            try? instance.remove()
            guard let error = error as? TracefsError else { throw error }
            throw KernelDeclined("the kernel refuses the tables: \(error)")
        }
    }

    private static func make(
        _ tables: LatencyTables, _ instance: SessionInstance, _ dynamicEvents: DynamicEvents
    ) throws {
        let trace = instance.trace
        for event in tables.synthetic { instance.afterRemoval { try dynamicEvents.remove(event) } }
        // A variable that another trigger uses holds its own: these go first. With any of them left the instance would
        // stay.
        instance.beforeRemoval {
            for trigger in [tables.latencies, tables.matching, tables.exit, tables.entry, tables.beginnings] {
                try? trace.clearTriggers(trigger.event)
            }
        }
        try trace.setClock(TraceClockSource.monoRaw.rawValue)
        // Stamps of an instance that does not record are of another clock (trace_event_buffer_lock_reserve in
        // kernel/trace/trace.c uses a buffer of its own then).
        _ = try trace.setTracing(true)
        for definition in tables.definitions { try dynamicEvents.add(definition) }
        for trigger in [tables.beginnings, tables.matching, tables.latencies, tables.exit] {
            try trace.setTrigger(trigger.event, trigger.text())
        }
        try trace.setTrigger(tables.entry.event, tables.entry.text("pause"))
    }

    /// Only what begins from now on can end. Exits are counted already, so that no entry is recorded before its exit
    /// can be counted.
    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        instance.beginMissCount()
        let missed = MonotonicRawInstant.wait(until: moment)
        let before = MonotonicRawInstant.now
        earlierExits = try exits()
        try instance.trace.setTrigger(tables.entry.event, tables.entry.text("cont"))
        return WireStarted(TracingSwitch(before: before, after: .now), missed: missed)
    }

    func stop() throws -> WireStopping {
        isStopped = true
        let before = MonotonicRawInstant.now
        try instance.trace.setTrigger(tables.exit.event, tables.exit.text("pause"))
        let after = MonotonicRawInstant.now
        instance.endMissCount()
        defer { onDrained() }
        return WireStopping(TracingSwitch(before: before, after: after))
    }

    func refresh() {}

    func rows() throws -> CountedRows {
        var counted = CountedRows()
        // While it counts, exits may come between the readings: the earlier one must be theirs, or they would seem to
        // have no entry.
        let exits = try exits() - earlierExits
        let latencies = try table(tables.latencies.event, tables.names)
        for row in latencies.rows {
            let bucket = WireCountKey.bucket(try KernelTable.power(row.keys.last ?? []) - 1)
            counted.rows.append(WireCountRow(key: try WireCountKey.all(row, tables.parts) + [bucket], count: row.count))
        }
        if let other = WireCountRow.other(count: latencies.dropped) { counted.rows.append(other) }
        let timed = latencies.rows.reduce(latencies.dropped) { $0 + $1.count }
        counted.unmatched = exits - min(exits, timed)
        // Too long to be read at every interval: a row for each thread.
        if isStopped { counted.lost = try table(tables.beginnings.event, ["common_pid"]).dropped }
        return counted
    }

    private func exits() throws -> UInt64 {
        try table(tables.exit.event, ["common_cpu"]).rows.reduce(0) { $0 + $1.count }
    }

    private func table(_ event: EventName, _ names: [String]) throws -> KernelTable {
        let found = try KernelTable.all(in: try instance.trace.histograms(event), names: names, texts: nil)
        guard let table = found.first else {
            throw WireRefusal(.io, "the kernel has lost the table of \(instance.shownName(of: event))")
        }
        return table
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool { try instance.refreshThreads(wanted) }

    func remove(inBackground: Bool) throws { try instance.remove() }
}
