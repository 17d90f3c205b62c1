import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts latencies in the kernel's own tables (`LatencyTables`), in an instance of the session's own.
final class HistLatency: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    var notes: [String] { place.selection.notes }
    private let place: SessionInstance
    private let dynamicEvents: DynamicEvents
    private let tables: LatencyTables
    private let onDrained: @Sendable () -> Void
    private var isStopped = false
    /// Exits that were counted before the start.
    private var earlierExits: UInt64 = 0

    /// Makes the tables; nothing has begun for them yet.
    ///
    /// - Throws: `KernelDeclined` when this kernel cannot, or would give another answer than decoding;
    ///   `WireRefusal` for what is wrong with the order. Nothing is left behind then.
    init(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        onDrained: @escaping @Sendable () -> Void
    ) throws {
        if order.count.keys.contains("comm") { throw KernelDeclined("names of tasks are decoded") }
        self.onDrained = onDrained
        dynamicEvents = DynamicEvents(root)
        let place = try SessionInstance.forTables(order, session: session, node: node, root: root, policy: policy)
        self.place = place
        var made: LatencyTables?
        do {
            let pair = try CountColumns.events(order.count, place)
            events = pair.map(place.shownName)
            let tables = try LatencyTables(
                order.count, group: ProbeGroup(InstanceName(node: node, session: session)), entry: pair[0],
                exit: pair[1], exitFormat: try root.format(of: pair[1]), filters: place.selection.filterTexts,
                clock: TracingSession.clock, cpus: try CPUList.possible().cpus.count)
            self.tables = tables
            made = tables
            try Self.make(tables, place.instance, dynamicEvents)
        } catch {
            if let made { try? Self.remove(made, place, dynamicEvents) } else { try? place.remove() }
            guard let error = error as? TracefsError else { throw error }
            throw KernelDeclined("the kernel does not take the tables: \(error)")
        }
        plan.add(events.map { "\($0)" }.joined(separator: " -> "), .histTrigger)
    }

    private static func make(
        _ tables: LatencyTables, _ instance: TraceInstance, _ dynamicEvents: DynamicEvents
    ) throws {
        try instance.setClock(TracingSession.clock)
        // Stamps of an instance that does not record are of another clock (trace_event_buffer_lock_reserve in
        // kernel/trace/trace.c takes a buffer of its own then).
        _ = try instance.setTracing(true)
        for definition in tables.definitions { try dynamicEvents.add(definition) }
        for trigger in [tables.beginnings, tables.matching, tables.latencies, tables.exit] {
            try instance.setTrigger(trigger.event, trigger.text())
        }
        try instance.setTrigger(tables.entry.event, tables.entry.text("pause"))
    }

    /// Only what begins from now on can end. Exits are counted already, so that no beginning is there before its exits
    /// are seen.
    func start(at moment: Int64) throws -> WireStarted {
        let missed = Moment.wait(for: moment)
        let before = MonotonicRawClock.now()
        earlierExits = try exits()
        try place.instance.setTrigger(tables.entry.event, tables.entry.text("cont"))
        return WireStarted(TracingSwitch(before: before, after: MonotonicRawClock.now()), missed: missed)
    }

    func stop() throws -> WireStopping {
        isStopped = true
        let before = MonotonicRawClock.now()
        try place.instance.setTrigger(tables.exit.event, tables.exit.text("pause"))
        defer { onDrained() }
        return WireStopping(TracingSwitch(before: before, after: MonotonicRawClock.now()))
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
        let found = try KernelTable.all(in: try place.instance.histograms(event), names: names, texts: nil)
        guard let table = found.first else {
            throw WireRefusal(.io, "the kernel has lost the table of \(place.shownName(of: event))")
        }
        return table
    }

    func refreshThreads(_ excludedProcesses: [Int32]?) throws { try place.refreshExcludedProcesses(excludedProcesses) }

    func remove(inBackground: Bool) throws { try Self.remove(tables, place, dynamicEvents) }

    private static func remove(
        _ tables: LatencyTables, _ place: SessionInstance, _ dynamicEvents: DynamicEvents
    ) throws(TracefsError) {
        // One whose variable another uses goes after that; with any of them left the instance would stay.
        for trigger in [tables.latencies, tables.matching, tables.exit, tables.entry, tables.beginnings] {
            try? place.instance.clearTriggers(trigger.event)
        }
        var failure: TracefsError?
        do throws(TracefsError) { try place.remove() } catch { failure = error }
        for event in tables.synthetic {
            do throws(TracefsError) { try dynamicEvents.remove(event) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
