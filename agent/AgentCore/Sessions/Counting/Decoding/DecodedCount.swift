import EventFormat
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts by key, as histogram or of times, by reading the session's own pages here: for kernels without tables.
final class DecodedCount: CountSource {
    private(set) var plan = WireCountPlan()
    var events: [EventName] { tracing.events.map(tracing.shownName) }
    var notes: [String] { tracing.notes }
    private let tracing: TracingSession
    private let counter: RecordCounter
    private let readers: [Int: CPUReader]
    private let needsNames: Bool
    private var isStopped = false
    /// Lost so far, as far as it is known while counting, and when that was read; ns.
    private var lost: (events: UInt64, at: UInt64) = (0, 0)

    /// ns.
    private static let lossInterval: UInt64 = 500_000_000

    /// - Parameters:
    ///   - remark: why the kernel does not count by itself.
    ///   - onDrained: called when everything has been counted, after `stop`.
    init(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        readers: [Int: CPUReader], remark: String, onDrained: @escaping @Sendable () -> Void
    ) throws(WireRefusal) {
        // Only one of them may be missing; without both, names are those at the start.
        let naming =
            order.count.keys.contains("comm")
            ? CountProgram.namingEvents.filter { root.has($0) && policy.refusal(of: $0) == nil } : []
        var made: (program: CountProgram, counter: RecordCounter)?
        let limit = Int(order.count.tableLimit == 0 ? WireCountRequest.usualTableLimit : order.count.tableLimit)
        tracing = try TracingSession.prepare(
            order, session: session, node: node, root: root, policy: policy, others: naming, onDrained: onDrained
        ) { place, layout in
            let columns = try CountColumns.of(order.count, place, root)
            let program = try CountProgram(
                order.count, columns: columns, naming: try naming.map { try root.format(of: $0) })
            let counter = RecordCounter(
                program, limit: limit, cpus: try place.instance.cpus(), layout: layout)
            made = (program, counter)
            return counter
        }
        guard let made else { throw WireRefusal(.io, "the session has no CPU to count on") }
        counter = made.counter
        needsNames = made.program.needsNames
        self.readers = readers
        for column in made.program.columns { plan.add(column, .decodedPages, remark: remark) }
        tracing.attach(to: readers)
    }

    func start(at moment: Int64) throws -> WireStarted {
        let started = try tracing.start(at: moment)
        if needsNames { try readNames() }
        return started
    }

    /// Changes of names are recorded already: what happens while they are read is not missed.
    private func readNames() throws {
        let names = try TaskList.commsOfAll()
        counter.know(names, at: MonotonicRawClock.now())
    }

    func stop() throws -> WireStopping {
        isStopped = true
        return try tracing.stop(readers: readers)
    }

    func refresh() throws {
        for reader in readers.values { reader.wake() }
        if counter.wantsNames { try readNames() }
    }

    func rows() -> CountedRows {
        var counted = counter.counted()
        counted.asOf = tracing.watermarks()?.map { Int64($0.time) }.min()
        counted.lost += lostEvents()
        return counted
    }

    /// While it counts, what the kernel says it lost; at the end, whatever it recorded that was not counted.
    private func lostEvents() -> UInt64 {
        let now = MonotonicRawClock.now()
        guard isStopped || now - lost.at >= Self.lossInterval else { return lost.events }
        let events = tracing.totals(reason: "").cpus.reduce(UInt64(0)) { sum, cpu in
            sum + (isStopped ? cpu.recorded - min(cpu.recorded, cpu.sent) : cpu.lost)
        }
        lost = (events, now)
        return events
    }

    func refreshThreads(_ excludedProcesses: [Int32]?) throws {
        try tracing.refreshExcludedProcesses(excludedProcesses)
    }

    func remove(inBackground: Bool) throws { try tracing.remove() }
}

/// The events that an order by key counts, in the order of its columns.
enum CountColumns {
    static func of(
        _ order: WireCountRequest, _ place: SessionInstance, _ root: TracefsRoot
    ) throws -> [(shown: EventName, format: EventFormat)] {
        try events(order, place).map { (place.shownName(of: $0), try root.format(of: $0)) }
    }

    /// In the kernel's names: all, or with a latency its entry and its exit.
    static func events(_ order: WireCountRequest, _ place: SessionInstance) throws(WireRefusal) -> [EventName] {
        guard order.hasLatency else { return place.selection.events }
        let members = SessionEvents(
            tracepoints: place.selection.events.filter { !place.probeEvents.contains($0) },
            probes: place.probes.probes)
        let entry = try single(order.latency.entry, members)
        let exit = try single(order.latency.exit, members)
        guard entry != exit else {
            throw WireRefusal(
                .unsupported, "a latency needs two events: \(place.shownName(of: entry)) is named twice")
        }
        return [entry, exit]
    }

    private static func single(_ pattern: String, _ members: SessionEvents) throws(WireRefusal) -> EventName {
        let events = try members.select(pattern)
        guard let event = events.first, events.count == 1 else {
            throw WireRefusal(
                .unsupported, "a latency begins and ends with one event each: \"\(pattern)\" means \(events.count)")
        }
        return event
    }
}

extension TracefsRoot {
    /// The layout of an event's records.
    func format(of event: EventName) throws -> EventFormat {
        try EventFormat(parsing: try formatText(event), system: event.system)
    }

    fileprivate func has(_ event: EventName) -> Bool { (try? eventID(event)) != nil }
}
