import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts by key in the kernel's own tables: hist triggers, in an instance of the session's own.
final class HistCount: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    var notes: [String] { instance.selection.notes }
    var gaps: [WireRecordingGap] { instance.gaps }
    var missed: [WireProbeMisses] { instance.missed }
    private let instance: SessionInstance
    private let tables: [HistTrigger]
    private let onDrained: @Sendable () -> Void

    private init(_ instance: SessionInstance, _ tables: [HistTrigger], onDrained: @escaping @Sendable () -> Void) {
        self.instance = instance
        self.tables = tables
        self.onDrained = onDrained
        events = instance.selection.events.map(instance.shownName)
        for event in events { plan.add("\(event)", .histTrigger) }
    }

    /// Makes the tables, paused.
    ///
    /// - Throws: `KernelDeclined` when this kernel cannot count it, or would count otherwise than decoding does;
    ///   `WireRefusal` for what is wrong with the request. Nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs
    ) throws -> HistCount {
        let instance = try SessionInstance.prepareForTables(request, session: delivery.session, in: tracefs)
        do {
            let tables = try tables(request.count, instance, tracefs.root)
            for table in tables { try instance.trace.setTrigger(table.event, table.text("pause")) }
            return HistCount(instance, tables, onDrained: delivery.onDrained)
        } catch {
            try? instance.remove()
            guard let error = error as? TracefsError else { throw error }
            throw KernelDeclined("the kernel refuses the table: \(error)")
        }
    }

    private static func tables(
        _ request: WireCountRequest, _ instance: SessionInstance, _ root: TracefsRoot
    ) throws -> [HistTrigger] {
        let filters = instance.selection.filterTexts
        return try instance.selection.events.enumerated().flatMap { index, event in
            try HistTrigger.all(
                request, event, try root.format(of: event), column: index, filter: filters[event])
        }
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        instance.beginMissCount()
        let missed = MonotonicRawInstant.wait(until: moment)
        return WireStarted(try switchAll("cont"), missed: missed)
    }

    func stop() throws -> WireStopping {
        let change = try switchAll("pause")
        instance.endMissCount()
        onDrained()
        return WireStopping(change)
    }

    private func switchAll(_ state: String) throws -> TracingSwitch {
        let before = MonotonicRawInstant.now
        for table in tables { try instance.trace.setTrigger(table.event, table.text(state)) }
        return TracingSwitch(before: before, after: .now)
    }

    func refresh() {}

    func rows() throws -> CountedRows {
        var counted = CountedRows()
        for (event, triggers) in Dictionary(grouping: tables, by: \.event) {
            guard let first = triggers.first else { continue }
            let found = try KernelTable.all(
                in: try instance.trace.histograms(event), names: first.names, texts: first.textKey)
            for trigger in triggers {
                guard let table = found.first(where: { $0.condition.elementsEqual(trigger.condition.utf8) }) else {
                    throw WireRefusal(.io, "the kernel has lost the table of \(instance.shownName(of: event))")
                }
                counted.rows += try Self.rows(table, trigger)
            }
        }
        return counted
    }

    private static func rows(_ table: KernelTable, _ trigger: HistTrigger) throws(WireRefusal) -> [WireCountRow] {
        var rows: [WireCountRow] = []
        func add(_ key: [WireCountKey], _ count: UInt64) {
            rows.append(WireCountRow(column: trigger.column, key: key, count: count))
        }
        switch trigger.meaning {
        case .keys:
            for row in table.rows { add(try WireCountKey.all(row, trigger.parts), row.count) }
        case .powers:
            for row in table.rows {
                // What is above the largest power comes out as the smallest, in which nothing else is here.
                let power = try KernelTable.power(row.keys.first ?? [])
                add([.bucket(power == 0 ? 64 : power)], row.count)
            }
        case .bucket(let number):
            let count = table.rows.reduce(0) { $0 + $1.count }
            if count > 0 { add([.bucket(number)], count) }
        }
        if let other = WireCountRow.other(column: trigger.column, count: table.dropped) { rows.append(other) }
        return rows
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool { try instance.refreshThreads(wanted) }

    func remove(inBackground: Bool) throws { try instance.remove() }
}
