import PerfCounters
import Threads
import TraceProtocol
import Tracefs

/// Plain counts, by perf counters on every CPU.
final class PerfCount: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    private var counters: CounterSet?
    /// Index in the plan of each column of `counters`.
    private var places: [Int] = []
    private let isByCPU: Bool
    /// When the list of CPUs was last looked at; ns.
    private var lastFollowed: UInt64 = 0

    /// ns.
    private static let followInterval: UInt64 = 500_000_000

    /// Opens all counters, stopped.
    ///
    /// - Throws: when nothing of the order can be counted here, or a filter is wrong.
    init(_ order: WirePrepare, root: TracefsRoot) throws(CommandRefusal) {
        if let problem = order.count.problem { throw CommandRefusal(.unsupported, problem) }
        guard !order.count.needsTables else {
            throw CommandRefusal(.unsupported, "this agent counts by node and cpu only")
        }
        isByCPU = order.count.keys.contains("cpu")
        guard order.probes.isEmpty else { throw CommandRefusal(.unsupported, "this agent does not count probes") }
        let selection = try EventSelection(order, probes: [], root: root)
        events = selection.events
        let filters = Dictionary(
            selection.filters.map { ($0.event, $0.filter) }, uniquingKeysWith: { "(\($0)) && (\($1))" })
        guard selection.triggers.isEmpty else {
            throw CommandRefusal(.unsupported, "triggers do not go with plain counts")
        }
        var columns: [CounterSet.Column] = []
        for event in events {
            do throws(TracefsError) {
                columns.append(.init(.tracepoint(id: UInt64(try root.eventID(event))), filter: filters[event]))
            } catch {
                throw CommandRefusal(error)
            }
            places.append(plan.columns.count)
            plan.add("\(event)", .perfCounter)
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
        counters = try open(columns)
    }

    private func open(_ columns: [CounterSet.Column]) throws(CommandRefusal) -> CounterSet {
        let set: CounterSet
        do {
            set = try CounterSet(columns, online: CPUList.online().cpus)
        } catch {
            throw CommandRefusal(error is PerfError ? .unsupported : .io, "cannot count: \(error)")
        }
        for (index, error) in set.refused {
            let column = plan.columns[places[index]]
            if let filter = columns[index].filter {
                throw CommandRefusal(.badFilter, "\(column.event): the kernel does not take the filter \"\(filter)\"")
            }
            plan.columns[places[index]].refused = error.description
        }
        guard plan.columns.contains(where: \.refused.isEmpty) else {
            let reasons = plan.columns.map { "\($0.event): \($0.refused)" }
            throw CommandRefusal(
                .unsupported, reasons.isEmpty ? "nothing to count was named" : reasons.joined(separator: "; "))
        }
        return set
    }

    func start() throws -> TracingSwitch {
        let before = MonotonicRawClock.now()
        try counters?.enable()
        return TracingSwitch(before: before, after: MonotonicRawClock.now())
    }

    func stop(onDrained: @escaping @Sendable () -> Void) -> TracingSwitch {
        let before = MonotonicRawClock.now()
        counters?.disable()
        defer { onDrained() }
        return TracingSwitch(before: before, after: MonotonicRawClock.now())
    }

    func refresh() throws {
        guard MonotonicRawClock.now() - lastFollowed >= Self.followInterval else { return }
        try follow()
    }

    private func follow() throws {
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

    /// Closes the counters. The kernel waits for its readers at each tracepoint, about 20 ms, so others are not made to
    /// wait for it.
    func remove() {
        guard let last = counters.take() else { return }
        let closing = Closing(last)
        // Without a thread they are closed here.
        try? spawnThread(name: "closer") { closing.close() }
    }

    /// Carries the last reference to another thread.
    private final class Closing: @unchecked Sendable {
        private var counters: CounterSet?

        init(_ counters: CounterSet) {
            self.counters = counters
        }

        func close() {
            counters = nil
        }
    }
}
