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
    var missed: [WireProbeMisses] { instance?.missed ?? lastMissed }
    private var lastMissed: [WireProbeMisses] = []
    private var counters: CounterSet?
    /// Holds its probes; nil without any.
    private var instance: SessionInstance?
    /// Index in the plan of each column of `counters`.
    private var planIndices: [Int] = []
    private let isByCPU: Bool
    private let onDrained: @Sendable () -> Void
    /// When the list of CPUs was last read; nil before the first time.
    private var lastFollowed: MonotonicRawInstant?

    private static let followInterval = Duration.milliseconds(500)

    /// Opens all counters, stopped.
    ///
    /// - Throws: when nothing of the request can be counted here, or a filter is wrong.
    init(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs
    ) throws {
        isByCPU = request.count.keys.contains("cpu")
        onDrained = delivery.onDrained
        let selection: EventSelection
        if request.probes.isEmpty {
            selection = try EventSelection(request, probes: [], root: tracefs.root, policy: tracefs.policy)
        } else {
            let instance = try SessionInstance.prepareForCounts(request, session: delivery.session, in: tracefs)
            self.instance = instance
            selection = instance.selection
        }
        notes = selection.notes
        events = selection.events.map { [instance] in instance?.shownName(of: $0) ?? $0 }
        do {
            counters = try open(try columns(request, selection, tracefs.root))
        } catch {
            try? instance?.remove()
            throw error
        }
    }

    /// Every event and counter that this node knows, in the plan too.
    private func columns(
        _ request: WirePrepare, _ selection: EventSelection, _ root: TracefsRoot
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
            planIndices.append(plan.columns.count)
            plan.add("\(shown)", .perfCounter)
        }
        for name in request.count.counters {
            if let event = CounterName.event(name) {
                planIndices.append(plan.columns.count)
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
            let column = plan.columns[planIndices[index]]
            if let filter = columns[index].filter {
                throw WireRefusal(
                    .badFilter,
                    "\(column.event): the kernel refuses the filter \"\(filter)\" and does not say where (trace with it does)"
                )
            }
            plan.columns[planIndices[index]].refused = error.description
        }
        guard plan.columns.contains(where: \.refused.isEmpty) else {
            let reasons = plan.columns.map { "\($0.event): \($0.refused)" }
            throw WireRefusal(
                .unsupported, reasons.isEmpty ? "nothing to count was named" : reasons.joined(separator: "; "))
        }
        return set
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        instance?.beginMissCount()
        let missed = MonotonicRawInstant.wait(until: moment)
        let before = MonotonicRawInstant.now
        try counters?.enable()
        return WireStarted(TracingSwitch(before: before, after: .now), missed: missed)
    }

    func stop() -> WireStopping {
        let before = MonotonicRawInstant.now
        counters?.disable()
        let after = MonotonicRawInstant.now
        instance?.endMissCount()
        lastMissed = instance?.missed ?? []
        defer { onDrained() }
        return WireStopping(TracingSwitch(before: before, after: after))
    }

    func refresh() throws {
        let now = MonotonicRawInstant.now
        if let lastFollowed, lastFollowed.duration(to: now) < Self.followInterval { return }
        lastFollowed = now
        try counters?.follow(online: CPUList.online().cpus)
    }

    func rows() -> CountedRows {
        var sums: [Cell: CounterValue] = [:]
        counters?.read { [planIndices, isByCPU] column, cpu, value in
            sums[Cell(column: planIndices[column], cpu: isByCPU ? cpu : 0), default: CounterValue()] += value
        }
        var result = CountedRows()
        for (cell, value) in sums.sorted(by: { $0.key < $1.key }) {
            var row = WireCountRow()
            row.column = UInt32(cell.column)
            row.count = value.count
            row.enabledNs = UInt64(value.enabled.wholeNanoseconds)
            row.runningNs = UInt64(value.running.wholeNanoseconds)
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

    /// Counters leave no thread out.
    func refreshThreads(_ wanted: Set<Int32>) -> Bool { false }

    func remove(inBackground: Bool) throws {
        guard let last = counters.take() else { return }
        // Probes must not outlive the agent, which may end at once; the counters hold them, so these are closed first.
        if let instance {
            self.instance = nil
            last.close()
            return try instance.remove()
        }
        guard inBackground else { return last.close() }
        // The kernel waits for its readers at each tracepoint, about 20 ms. Without a thread it is done here.
        let closing = Closing(last)
        do { try spawnThread(name: "closer") { closing.counters.close() } } catch { last.close() }
    }

    /// Hands counters to another thread: nothing else uses them from then on.
    private struct Closing: @unchecked Sendable {
        let counters: CounterSet

        init(_ counters: CounterSet) {
            self.counters = counters
        }
    }
}
