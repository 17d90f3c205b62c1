import FoundationEssentials
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts by key in the kernel's own tables: hist triggers, in an instance of the session's own.
final class HistCount: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    var notes: [String] { place.selection.notes }
    private let place: SessionInstance
    private let tables: [HistTrigger]
    private let onDrained: @Sendable () -> Void

    /// Makes the tables, paused.
    ///
    /// - Throws: `KernelDeclined` when this kernel cannot, or would give another answer than decoding;
    ///   `WireRefusal` for what is wrong with the order. Nothing is left behind then.
    init(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        onDrained: @escaping @Sendable () -> Void
    ) throws {
        self.onDrained = onDrained
        place = try SessionInstance.forTables(order, session: session, node: node, root: root, policy: policy)
        events = place.selection.events.map(place.shownName)
        do {
            tables = try Self.tables(order.count, place, root)
            for table in tables { try place.instance.setTrigger(table.event, table.text("pause")) }
        } catch let error as TracefsError {
            try? place.remove()
            throw KernelDeclined("the kernel does not take the table: \(error)")
        } catch {
            try? place.remove()
            throw error
        }
        for event in events { plan.add("\(event)", .histTrigger) }
    }

    private static func tables(
        _ order: WireCountRequest, _ place: SessionInstance, _ root: TracefsRoot
    ) throws -> [HistTrigger] {
        let filters = place.selection.filterTexts
        return try place.selection.events.enumerated().flatMap { index, event in
            try HistTrigger.all(
                order, event, try root.format(of: event), column: index, filter: filters[event])
        }
    }

    func start(at moment: Int64) throws -> WireStarted {
        let missed = Moment.wait(for: moment)
        return WireStarted(try switchAll("cont"), missed: missed)
    }

    func stop() throws -> WireStopping {
        let change = try switchAll("pause")
        onDrained()
        return WireStopping(change)
    }

    private func switchAll(_ state: String) throws -> TracingSwitch {
        let before = MonotonicRawClock.now()
        for table in tables { try place.instance.setTrigger(table.event, table.text(state)) }
        return TracingSwitch(before: before, after: MonotonicRawClock.now())
    }

    func refresh() {}

    func rows() throws -> CountedRows {
        var counted = CountedRows()
        for (event, triggers) in Dictionary(grouping: tables, by: \.event) {
            guard let first = triggers.first else { continue }
            let found = try KernelTable.all(
                in: try place.instance.histograms(event), names: first.names, texts: first.textKey)
            for trigger in triggers {
                guard let table = found.first(where: { $0.condition.elementsEqual(trigger.condition.utf8) }) else {
                    throw WireRefusal(.io, "the kernel has lost the table of \(place.shownName(of: event))")
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

    func refreshThreads(_ excludedProcesses: [Int32]?) throws { try place.refreshExcludedProcesses(excludedProcesses) }

    func remove(inBackground: Bool) throws { try place.remove() }
}

extension WireCountKey {
    /// The keys of a row, as many as there are parts.
    static func all(_ row: KernelTable.Row, _ parts: [KeyPart]) throws(WireRefusal) -> [WireCountKey] {
        var keys: [WireCountKey] = []
        for (text, part) in zip(row.keys, parts) { keys.append(try WireCountKey(text, part)) }
        return keys
    }

    static func bucket(_ number: Int64) -> WireCountKey {
        var key = WireCountKey()
        key.number = number
        return key
    }

    /// What the kernel printed of a part of a key.
    init(_ text: [UInt8], _ part: KeyPart) throws(WireRefusal) {
        self.init()
        switch part {
        case .fixedText, .text, .comm:
            self.text = Data(text)
        case .cpu, .pid, .number:
            guard let bits = UInt64(String(decoding: text, as: UTF8.self)) else {
                throw WireRefusal(.io, "the kernel's table has a number that is none")
            }
            // Always printed as if it had 64 bits and no sign.
            let (size, isSigned) = if case .number(let field) = part { (field.size, field.isSigned) } else { (4, true) }
            let shift = UInt64(64 - 8 * size)
            if isSigned {
                number = Int64(bitPattern: bits << shift) >> shift
            } else if bits > UInt64(Int64.max) {
                unsigned = bits
            } else {
                number = Int64(bits)
            }
        }
    }
}
