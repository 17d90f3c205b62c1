import Logging
import RingBuffer
import Synchronization
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// One session's part in this node's kernel: its tracefs instance and the taps on its CPUs.
///
/// Confined to the agent's control thread; every call may block for as long as the kernel does.
final class TracingSession {
    let session: UInt64
    private let place: SessionInstance
    private let taps: [Tap]
    private var isStopped = false

    private init(_ session: UInt64, _ place: SessionInstance, taps: [Tap], notes: [String]) {
        self.session = session
        self.place = place
        self.taps = taps
        self.notes = notes
    }

    /// Clock of every session (docs/internals/time.md says why).
    static let clock = "mono_raw"
    static let defaultBufferKilobytes = 4096
    /// A reader is woken when a buffer is this full, or after its interval.
    private static let wakePercent = 25

    private var instance: TraceInstance { place.instance }
    /// In the kernel's names; those of probes are shown under others.
    var events: [EventName] { place.selection.events }

    /// What the operator should know of them.
    let notes: [String]

    /// Makes everything, with recording off.
    ///
    /// - Parameters:
    ///   - others: events to record besides those of the order, as they are.
    ///   - sink: makes what takes the pages.
    /// - Throws: `WireRefusal`; nothing is left behind then.
    static func prepare(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        others: [EventName] = [],
        onDrained: @escaping @Sendable () -> Void, sink: (SessionInstance, SubBufferLayout) throws -> any PageSink
    ) throws(WireRefusal) -> TracingSession {
        try SessionInstance.make(order, session: session, node: node, root: root, policy: policy) { place in
            let instance = place.instance
            try instance.setClock(clock)
            try instance.setOverwrite(true)
            let buffer = try policy.bufferKilobytes(
                asked: order.bufferKilobytes, usual: defaultBufferKilobytes, cpus: instance.cpus().count)
            try instance.setBufferSize(kilobytesPerCPU: buffer.size)
            // Before Linux 5.0 a reader is woken by each whole sub-buffer, which works too.
            try? instance.setBufferPercent(wakePercent)
            if !order.pids.isEmpty { try instance.setPIDs(try tasks(order.pids)) }
            try instance.apply(place.selection)
            // Probes first, for what the kernel says when it plants them.
            try place.enableProbes()
            let own = Set(place.probeEvents)
            try instance.enable(place.selection.events.filter { !own.contains($0) } + others)
            return TracingSession(
                session, place, taps: try taps(instance, onDrained) { try sink(place, $0) },
                notes: place.selection.notes + [buffer.note].compactMap { $0 })
        }
    }

    private static func taps(
        _ instance: TraceInstance, _ onDrained: @escaping @Sendable () -> Void,
        _ sink: (SubBufferLayout) throws -> any PageSink
    ) throws -> [Tap] {
        let sink = try sink(try SubBufferLayout(headerPage: instance.headerPageText()))
        let pageSize = try instance.subBufferSize()
        let cpus = try instance.cpus()
        let remaining = Countdown(cpus.count, then: onDrained)
        return try cpus.map { cpu in
            Tap(
                reader: PagedReader(pipe: try instance.openRawPipe(cpu: cpu), subBufferSize: pageSize), sink: sink,
                onFinished: { remaining.step() })
        }
    }

    /// The threads that are meant by numbers of tasks.
    private static func tasks(_ pids: [UInt32]) throws(WireRefusal) -> Set<Int32> {
        var threads: Set<Int32> = []
        for pid in pids {
            let meant = Int32(exactly: pid).map { TaskList.threads(meantBy: $0) } ?? []
            guard !meant.isEmpty else { throw WireRefusal(.unknownTask, "no process \(pid) runs on this node") }
            threads.formUnion(meant)
        }
        return threads
    }

    func answer() -> WirePrepared {
        var prepared = WirePrepared()
        prepared.events = events.map { WireEventName(shownName(of: $0)) }
        prepared.probes = place.probes.checks()
        prepared.cpus = UInt32(taps.count)
        prepared.notes = notes
        prepared.bufferKilobytes = UInt32((try? instance.bufferSize(cpu: taps.first?.cpu ?? 0)) ?? 0)
        return prepared
    }

    /// The name under which an event is shown.
    func shownName(of event: EventName) -> EventName { place.shownName(of: event) }

    /// The layout of this instance's sub-buffers, as a reader needs it.
    func headerPage() throws(TracefsError) -> String {
        try instance.headerPageText()
    }

    /// Hands the taps to the reading threads.
    func attach(to readers: [Int: CPUReader]) {
        for tap in taps { readers[tap.cpu]?.add(tap) }
    }

    /// Brings the list of threads that stay untraced up to date.
    func refreshExcludedProcesses(_ pids: [Int32]? = nil) throws(TracefsError) {
        try place.refreshExcludedProcesses(pids)
    }

    /// Starts recording at a moment of the trace clock (ns), or at once when it has passed.
    ///
    /// - Throws: also when it has been stopped meanwhile.
    func start(at moment: Int64) throws -> WireStarted {
        guard !isStopped else { throw WireRefusal(.wrongState, "the session was stopped before its start") }
        let missed = Moment.wait(for: moment)
        let change = try instance.setTracing(true)
        for (event, trigger) in place.selection.lateTriggers { try instance.setTrigger(event, trigger) }
        return WireStarted(change, missed: missed)
    }

    /// Stops recording and lets the taps read to the end; `onDrained` is called when the last one has.
    func stop(readers: [Int: CPUReader]) throws(TracefsError) -> WireStopping {
        isStopped = true
        let change = try instance.setTracing(false)
        // What had begun to be written is still finished; the last drain must find it.
        try? RecordingBarrier.synchronize()
        for tap in taps {
            tap.finish()
            readers[tap.cpu]?.wake()
        }
        return WireStopping(change)
    }

    /// What the kernel counted, once all is drained.
    func totals(reason: String) -> WireFinish {
        var finish = WireFinish()
        finish.reason = reason
        for tap in taps {
            var cpu = WireCPUTotals()
            cpu.cpu = UInt32(tap.cpu)
            cpu.sent = tap.events.load(ordering: .acquiring)
            if let statistics = try? instance.statistics(cpu: tap.cpu) {
                cpu.recorded = UInt64(clamping: statistics.recorded)
                cpu.lost = UInt64(clamping: statistics.lost)
                if statistics.entries > 0 { finish.incomplete = true }
            } else {
                finish.incomplete = true
            }
            finish.cpus.append(cpu)
        }
        return finish
    }

    /// What the kernel and the reading threads have counted so far.
    func state() -> WireSessionState {
        var state = WireSessionState()
        state.session = session
        state.events = UInt32(events.count)
        for tap in taps {
            var cpu = WireCPUState()
            cpu.cpu = UInt32(tap.cpu)
            cpu.bufferBytes = UInt64((try? instance.bufferSize(cpu: tap.cpu)) ?? 0) << 10
            // Sent before recorded: so nothing is sent that was not recorded.
            cpu.sent = tap.events.load(ordering: .acquiring)
            if let statistics = try? instance.statistics(cpu: tap.cpu) {
                cpu.recorded = UInt64(clamping: statistics.recorded)
                cpu.lost = UInt64(clamping: statistics.lost)
                cpu.unread = UInt64(clamping: statistics.entries)
                cpu.unreadBytes = UInt64(clamping: statistics.bytes)
            }
            state.cpus.append(cpu)
        }
        return state
    }

    /// Per CPU, up to where everything is in the session's stream; nil until each has been read once.
    func watermarks() -> [Watermark.Entry]? {
        var entries: [Watermark.Entry] = []
        entries.reserveCapacity(taps.count)
        for tap in taps {
            let time = tap.watermark.load(ordering: .acquiring)
            guard time > 0 else { return nil }
            entries.append(.init(cpu: UInt32(tap.cpu), time: time))
        }
        return entries
    }

    var eventsRead: UInt64 { taps.reduce(0) { $0 &+ $1.events.load(ordering: .relaxed) } }

    /// Removes everything from the kernel (`SessionInstance.remove`).
    func remove() throws(TracefsError) {
        for tap in taps { tap.abandon() }
        try place.remove()
    }
}

extension TraceInstance {
    /// Filters and triggers, each judged by the kernel.
    fileprivate func apply(_ selection: EventSelection) throws(TracefsError) {
        for (event, filter) in selection.filters { try setFilter(event, filter) }
        if let taskFilter = selection.taskFilter {
            let filters = selection.filterTexts
            for event in selection.events {
                // The operator's own text stands in it already and has been found right.
                try setFilter(event, filters[event].map { "(\($0)) && (\(taskFilter))" } ?? taskFilter)
            }
        }
        for (event, trigger) in selection.triggers { try setTrigger(event, trigger) }
        // Tried now, so that the kernel's refusal comes before the start.
        for (event, trigger) in selection.lateTriggers {
            try setTrigger(event, trigger)
            try setTrigger(event, "!" + trigger)
        }
    }
}

/// Runs something when `step` was called a number of times.
private final class Countdown: Sendable {
    private let remaining: Atomic<Int>
    private let action: @Sendable () -> Void

    init(_ count: Int, then action: @escaping @Sendable () -> Void) {
        remaining = Atomic(count)
        self.action = action
    }

    func step() {
        if remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { action() }
    }
}
