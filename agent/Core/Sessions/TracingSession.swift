import Logging
import RingBuffer
import Synchronization
import TraceProtocol
import Tracefs

/// One session's part in this node's kernel: its tracefs instance and the taps on its CPUs.
///
/// Confined to the agent's control thread; every call may block for as long as the kernel does.
final class TracingSession {
    let session: UInt64
    /// In the kernel's names; those of probes are shown under others.
    let events: [EventName]
    private let instance: TraceInstance
    private let probes: ProbeSet
    private let shownNames: [EventName: EventName]
    private let lateTriggers: [(event: EventName, trigger: String)]
    private let taps: [Tap]
    private let stream: SessionStream
    private(set) var companions: [Int32]
    private var isStopped = false
    private var untraced: UntracedThreads

    private init(
        session: UInt64, selection: EventSelection, instance: TraceInstance, probes: ProbeSet, taps: [Tap],
        stream: SessionStream, companions: [Int32], untraced: UntracedThreads
    ) {
        self.session = session
        self.events = selection.events
        self.lateTriggers = selection.lateTriggers
        self.instance = instance
        self.probes = probes
        self.shownNames = Dictionary(
            probes.probes.flatMap { probe in probe.events.map { ($0, probe.shown($0)) } }, uniquingKeysWith: { $1 })
        self.taps = taps
        self.stream = stream
        self.companions = companions
        self.untraced = untraced
    }

    /// Clock of every session (docs/time.md says why).
    static let clock = "mono_raw"
    static let defaultBufferKilobytes = 4096
    /// A reader is woken when a buffer is this full, or after its interval.
    private static let wakePercent = 25

    /// Makes everything, with recording off.
    ///
    /// - Throws: `CommandRefusal`; nothing is left behind then.
    static func prepare(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, stream: SessionStream,
        codec: @escaping @Sendable () -> BatchCodec, onDrained: @escaping @Sendable () -> Void
    ) throws(CommandRefusal) -> TracingSession {
        do {
            let name = InstanceName(node: node, session: session)
            let instance = try TraceInstance.create(in: root, name: name.text)
            var probes: ProbeSet?
            do {
                var planted = try ProbeSet(order.probes, instance: name, root: root)
                probes = planted
                if let refusal = planted.refusal { throw refusal }
                let selection = try EventSelection(order, probes: planted.probes, root: root)
                return try fill(instance, order, selection, &planted, session, stream, codec, onDrained)
            } catch {
                // The instance first: it holds the probes enabled.
                try? instance.remove()
                try? probes?.remove()
                throw error
            }
        } catch let refusal as CommandRefusal {
            throw refusal
        } catch {
            throw CommandRefusal(error)
        }
    }

    private static func fill(
        _ instance: TraceInstance, _ order: WirePrepare, _ selection: EventSelection, _ probes: inout ProbeSet,
        _ session: UInt64, _ stream: SessionStream, _ codec: @escaping @Sendable () -> BatchCodec,
        _ onDrained: @escaping @Sendable () -> Void
    ) throws -> TracingSession {
        let companions = order.companions.map { Int32(bitPattern: $0) }
        try instance.setClock(clock)
        try instance.setOverwrite(true)
        let size = order.bufferKilobytes == 0 ? defaultBufferKilobytes : Int(order.bufferKilobytes)
        try instance.setBufferSize(kilobytesPerCPU: size)
        // Before Linux 5.0 a reader is woken by each whole sub-buffer, which works too.
        try? instance.setBufferPercent(wakePercent)
        var untraced = UntracedThreads()
        try instance.setNotracePIDs(
            untraced.update(wanted: threads(with: companions), now: MonotonicRawClock.now(), isAlive: TaskList.exists))
        if !order.pids.isEmpty { try instance.setPIDs(try tasks(order.pids)) }
        try instance.apply(selection)
        // Probes first, for what the kernel says when it plants them.
        probes.enable(in: instance)
        if let refusal = probes.refusal { throw refusal }
        let own = Set(probes.probes.flatMap(\.events))
        try instance.enable(selection.events.filter { !own.contains($0) })

        let layout = try SubBufferLayout(headerPage: instance.headerPageText())
        let pageSize = try instance.subBufferSize()
        let cpus = try instance.cpus()
        let remaining = Countdown(cpus.count, then: onDrained)
        let taps = try cpus.map { cpu in
            Tap(
                reader: PagedReader(pipe: try instance.openRawPipe(cpu: cpu), subBufferSize: pageSize),
                layout: layout, stream: stream, codec: codec, onFinished: { remaining.step() })
        }
        return TracingSession(
            session: session, selection: selection, instance: instance, probes: probes, taps: taps, stream: stream,
            companions: companions, untraced: untraced)
    }

    /// The threads that are meant by numbers of tasks.
    private static func tasks(_ pids: [UInt32]) throws(CommandRefusal) -> Set<Int32> {
        var threads: Set<Int32> = []
        for pid in pids {
            let meant = Int32(exactly: pid).map { TaskList.threads(meantBy: $0) } ?? []
            guard !meant.isEmpty else { throw CommandRefusal(.unknownTask, "no process \(pid) runs on this node") }
            threads.formUnion(meant)
        }
        return threads
    }

    /// Own threads, and those of the other Fleetrace processes here: tracing their system calls would make more
    /// of them. A companion that has ended in the meantime has no threads.
    private static func threads(with companions: [Int32]) throws(TracefsError) -> Set<Int32> {
        var threads = Set(try TaskList.ownThreads())
        for pid in companions where isFleetrace(pid) {
            threads.formUnion((try? TaskList.threads(of: pid)) ?? [])
        }
        return threads
    }

    /// The list comes over the network: nobody may hide another program from a trace with it.
    private static func isFleetrace(_ pid: Int32) -> Bool {
        TaskList.program(of: pid)?.hasPrefix("fleetrace") ?? false
    }

    func answer() -> WirePrepared {
        var prepared = WirePrepared()
        prepared.events = events.map { WireEventName(shownName(of: $0)) }
        prepared.probes = probes.checks()
        prepared.cpus = UInt32(taps.count)
        prepared.bufferKilobytes = UInt32((try? instance.bufferSize(cpu: taps.first?.cpu ?? 0)) ?? 0)
        return prepared
    }

    /// The name under which an event is shown.
    func shownName(of event: EventName) -> EventName { shownNames[event] ?? event }

    /// The layout of this instance's sub-buffers, as a reader needs it.
    func headerPage() throws(TracefsError) -> String {
        try instance.headerPageText()
    }

    /// Hands the taps to the reading threads.
    func attach(to readers: [Int: CPUReader]) {
        for tap in taps { readers[tap.cpu]?.add(tap) }
    }

    /// Brings the list of threads that stay untraced up to date.
    func refreshCompanions(_ pids: [Int32]? = nil) throws(TracefsError) {
        if let pids { companions = pids }
        try instance.setNotracePIDs(
            untraced.update(
                wanted: Self.threads(with: companions), now: MonotonicRawClock.now(), isAlive: TaskList.exists))
    }

    /// Starts recording at a moment of the trace clock (ns), or at once when it has passed.
    ///
    /// - Throws: also when it has been stopped meanwhile.
    func start(at moment: Int64) throws -> WireStarted {
        guard !isStopped else { throw CommandRefusal(.wrongState, "the session was stopped before its start") }
        let missed = Moment.wait(for: moment)
        let change = try instance.setTracing(true)
        for (event, trigger) in lateTriggers { try instance.setTrigger(event, trigger) }
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

    /// Removes the instance with all it holds, and then the probes.
    ///
    /// - Throws: also when somebody else has one of the probes enabled; `StaleProbes` removes it once that is over.
    func remove() throws(TracefsError) {
        for tap in taps { tap.abandon() }
        let instanceFailure: TracefsError?
        do throws(TracefsError) {
            try instance.remove()
            instanceFailure = nil
        } catch {
            instanceFailure = error
        }
        try probes.remove()
        if let instanceFailure { throw instanceFailure }
    }
}

extension TraceInstance {
    /// Filters and triggers, each judged by the kernel.
    fileprivate func apply(_ selection: EventSelection) throws(TracefsError) {
        for (event, filter) in selection.filters { try setFilter(event, filter) }
        if let taskFilter = selection.taskFilter {
            let filters = Dictionary(selection.filters.map { ($0.event, $0.filter) }, uniquingKeysWith: { $1 })
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
