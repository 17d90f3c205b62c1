import PerfCounters
import SystemFacts
import TextPatterns
import Threads
import TraceProtocol
import Tracefs

/// Plain counts, by perf counters on every CPU.
final class PerfCount: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    let notes: [String]
    private var counters: CounterSet?
    /// Where its probes are; nil without any.
    private var place: SessionInstance?
    /// Index in the plan of each column of `counters`.
    private var places: [Int] = []
    private let isByCPU: Bool
    private let onDrained: @Sendable () -> Void
    /// When the list of CPUs was last looked at; ns.
    private var lastFollowed: UInt64 = 0

    /// ns.
    private static let followInterval: UInt64 = 500_000_000

    /// Opens all counters, stopped.
    ///
    /// - Throws: when nothing of the order can be counted here, or a filter is wrong.
    init(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        onDrained: @escaping @Sendable () -> Void
    ) throws(WireRefusal) {
        isByCPU = order.count.keys.contains("cpu")
        self.onDrained = onDrained
        let selection: EventSelection
        if order.probes.isEmpty {
            selection = try EventSelection(order, probes: [], root: root, policy: policy)
        } else {
            let place = try SessionInstance.forCounts(
                order, session: session, node: node, root: root, policy: policy)
            self.place = place
            selection = place.selection
        }
        notes = selection.notes
        events = selection.events.map { [place] in place?.shownName(of: $0) ?? $0 }
        do throws(WireRefusal) {
            counters = try open(try columns(order, selection, root))
        } catch {
            try? place?.remove()
            throw error
        }
    }

    /// Every event and counter that this node knows, in the plan too.
    private func columns(
        _ order: WirePrepare, _ selection: EventSelection, _ root: TracefsRoot
    ) throws(WireRefusal) -> [CounterSet.Column] {
        try selection.refuseTriggers()
        let filters = selection.filterTexts
        var columns: [CounterSet.Column] = []
        for (event, shown) in zip(selection.events, events) {
            do throws(TracefsError) {
                columns.append(.init(.tracepoint(id: UInt64(try root.eventID(event))), filter: filters[event]))
            } catch {
                throw WireRefusal(error)
            }
            places.append(plan.columns.count)
            plan.add("\(shown)", .perfCounter)
        }
        for name in order.count.counters {
            if let event = CounterName.event(name) {
                places.append(plan.columns.count)
                columns.append(.init(event))
                plan.add(name, .perfCounter)
            } else {
                plan.add(name, .perfCounter, refused: "no counter of that name")
            }
        }
        return columns
    }

    private func open(_ columns: [CounterSet.Column]) throws(WireRefusal) -> CounterSet {
        let set: CounterSet
        do {
            set = try CounterSet(columns, online: CPUList.online().cpus)
        } catch {
            throw WireRefusal(error is PerfError ? .unsupported : .io, "cannot count: \(error)")
        }
        for (index, error) in set.refused {
            let column = plan.columns[places[index]]
            if let filter = columns[index].filter {
                throw WireRefusal(.badFilter, "\(column.event): the kernel does not take the filter \"\(filter)\"")
            }
            plan.columns[places[index]].refused = error.description
        }
        guard plan.columns.contains(where: \.refused.isEmpty) else {
            let reasons = plan.columns.map { "\($0.event): \($0.refused)" }
            throw WireRefusal(
                .unsupported, reasons.isEmpty ? "nothing to count was named" : reasons.joined(separator: "; "))
        }
        return set
    }

    func start(at moment: Int64) throws -> WireStarted {
        let missed = Moment.wait(for: moment)
        let before = MonotonicRawClock.now()
        try counters?.enable()
        return WireStarted(TracingSwitch(before: before, after: MonotonicRawClock.now()), missed: missed)
    }

    func stop() -> WireStopping {
        let before = MonotonicRawClock.now()
        counters?.disable()
        defer { onDrained() }
        return WireStopping(TracingSwitch(before: before, after: MonotonicRawClock.now()))
    }

    func refresh() throws {
        guard MonotonicRawClock.now() - lastFollowed >= Self.followInterval else { return }
        lastFollowed = MonotonicRawClock.now()
        try counters?.follow(online: CPUList.online().cpus)
    }

    func rows() -> CountedRows {
        var sums: [Cell: CounterValue] = [:]
        counters?.read { [places, isByCPU] column, cpu, value in
            sums[Cell(column: places[column], cpu: isByCPU ? cpu : 0), default: CounterValue()] += value
        }
        var result = CountedRows()
        for (cell, value) in sums.sorted(by: { $0.key < $1.key }) {
            var row = WireCountRow()
            row.column = UInt32(cell.column)
            row.count = value.count
            row.enabledNs = value.enabled
            row.runningNs = value.running
            if isByCPU {
                var key = WireCountKey()
                key.number = Int64(cell.cpu)
                row.key = [key]
            }
            result.rows.append(row)
        }
        return result
    }

    private struct Cell: Hashable, Comparable {
        let column: Int
        let cpu: Int

        static func < (a: Cell, b: Cell) -> Bool { (a.column, a.cpu) < (b.column, b.cpu) }
    }

    /// Counters leave nobody out.
    func refreshThreads(_ excludedProcesses: [Int32]?) {}

    func remove(inBackground: Bool) throws {
        guard let last = counters.take() else { return }
        // Probes must not outlive the agent, which may end at once; the counters hold them, so these are closed first.
        if let place {
            self.place = nil
            last.close()
            return try place.remove()
        }
        guard inBackground else { return last.close() }
        // The kernel waits for its readers at each tracepoint, about 20 ms. Without a thread it is done here.
        let closing = Closing(last)
        do { try spawnThread(name: "closer") { closing.counters.close() } } catch { last.close() }
    }

    /// Hands counters to another thread: nobody else uses them any more.
    private struct Closing: @unchecked Sendable {
        let counters: CounterSet

        init(_ counters: CounterSet) {
            self.counters = counters
        }
    }
}
