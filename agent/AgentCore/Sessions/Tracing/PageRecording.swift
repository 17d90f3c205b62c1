import RingBuffer
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// An instance that records, and the taps that read its pages on every CPU: what tracing and decoded counts share.
///
/// Confined to the control thread; every call may block for as long as the kernel does.
final class PageRecording {
    let session: UInt64
    let instance: SessionInstance
    private let readers: CPUReaders
    /// What the operator should know of the events, functions and buffers.
    let notes: [String]
    /// The names of the functions that are traced.
    let functions: [String]
    /// Their arguments are recorded.
    let hasArguments: Bool
    /// Functions or stacks are recorded beside the events, whose records state places in the kernel's code.
    let recordsCode: Bool
    private(set) var taps: [Tap] = []
    private var isStopped = false
    /// When recording was switched off in the end; nil before.
    private(set) var stopped: WireStopping?
    /// Whether it was off before, although nobody had told the session to stop.
    var watch: TracingWatch
    /// Those that earlier agents have seen to their end.
    var inheritedGaps: [WireRecordingGap] = []
    /// What earlier agents have read.
    var inheritance = Inheritance()

    /// What stamps the events.
    let clock: TraceClockSource
    static let defaultBufferKilobytes = 4096
    /// A reader is woken when a buffer is this full, or after its interval.
    private static let wakePercent = 25

    init(
        _ session: UInt64, _ instance: SessionInstance, _ readers: CPUReaders, clock: TraceClockSource,
        notes: [String], functions: [String] = [], hasArguments: Bool = false,
        recordsCode: Bool = true
    ) {
        self.clock = clock
        self.functions = functions
        self.hasArguments = hasArguments
        self.recordsCode = recordsCode
        self.session = session
        self.instance = instance
        self.readers = readers
        self.notes = notes
        watch = TracingWatch(switchedByTrigger: instance.selection.switchesRecording)
    }

    /// The selected events, in the kernel's names.
    var events: [EventName] { instance.selection.events }

    /// Enables everything in an instance of its own, with recording off.
    ///
    /// - Parameters:
    ///   - others: events to record besides those of the request, as they are.
    ///   - tracer: of functions, if the request has any; nil for the one that it means.
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, session: UInt64, in tracefs: NodeTracefs, readers: CPUReaders,
        others: [EventName] = [], tracer: FunctionTracer? = nil
    ) throws -> PageRecording {
        let instance = try SessionInstance.prepare(
            request, session: session, in: tracefs, isInheritable: !request.hasCount)
        do {
            let trace = instance.trace
            let clock = try request.traceClock
            try trace.setClock(clock.rawValue)
            guard [.overwrite, .drop, .stop].contains(request.onFull) else {
                throw WireRefusal(.unsupported, "this agent does not know what to do when buffers are full")
            }
            try trace.setOverwrite(request.onFull == .overwrite)
            let buffer = try tracefs.policy.bufferKilobytes(
                asked: request.bufferKilobytes, usual: defaultBufferKilobytes, cpus: trace.cpus().count)
            let share = try tracefs.memory.take(
                buffer.size, cpus: trace.cpus().count, isAsked: request.bufferKilobytes > 0)
            // Given back when the instance, and so the buffer, is gone.
            instance.afterRemoval { [memory = tracefs.memory] in memory.giveBack(share) }
            try trace.setBufferSize(kilobytesPerCPU: share.kilobytes)
            // Before Linux 5.0 a reader is woken by each whole sub-buffer, which works too.
            try? trace.setBufferPercent(wakePercent)
            let threads = try threads(of: request.pids)
            if !threads.isEmpty { try trace.setPIDs(threads) }
            try trace.apply(instance.selection)
            // Probes first: the kernel explains its refusals when it plants them.
            try instance.enableProbes()
            let own = Set(instance.probeEvents)
            try trace.enable(instance.selection.events.filter { !own.contains($0) } + others)
            let functions = try traceFunctions(request, tracer, threads, in: tracefs, instance)
            return PageRecording(
                session, instance, readers, clock: clock,
                notes: instance.selection.notes + (functions?.notes ?? [])
                    + [buffer.note, share.note].compactMap { $0 },
                functions: functions?.names ?? [], hasArguments: request.functionTrace.arguments,
                recordsCode: request.hasFunctionTrace || instance.selection.recordsStacks
                    // Instances begin with the options that the top level has.
                    || (try? trace.option("stacktrace")) != false)
        } catch {
            try? instance.remove()
            throw error
        }
    }

    private static func traceFunctions(
        _ request: WirePrepare, _ tracer: FunctionTracer?, _ threads: Set<Int32>, in tracefs: NodeTracefs,
        _ instance: SessionInstance
    ) throws -> FunctionSelection? {
        guard request.hasFunctionTrace else { return nil }
        if let problem = request.functionTraceProblem { throw WireRefusal(.unsupported, problem) }
        let tracer = tracer ?? (request.functionTrace.isGraph ? .functionGraph : .function)
        try instance.trace.check(tracer, request.functionTrace.options)
        let functions = try FunctionSelection(
            request.functionTrace, among: .current(tracefs.root), policy: tracefs.policy)
        try instance.trace(functions, by: tracer, request.functionTrace, threads: threads)
        return functions
    }

    /// The threads that are meant by numbers of tasks.
    private static func threads(of pids: [UInt32]) throws(WireRefusal) -> Set<Int32> {
        var threads: Set<Int32> = []
        for pid in pids {
            let meant = Int32(exactly: pid).map { TaskList.threads(meantBy: $0) } ?? []
            guard !meant.isEmpty else { throw WireRefusal(.unknownTask, "no process \(pid) runs on this node") }
            threads.formUnion(meant)
        }
        return threads
    }

    /// The layout of this instance's sub-buffers, as a reader needs it.
    func headerPage() throws(TracefsError) -> String { try instance.trace.headerPageText() }

    /// Opens the pipe of each CPU. Nothing is read before `attach`.
    ///
    /// - Parameter onDrained: called when, after `stop`, all CPUs have been read to the end.
    func openTaps(feeding sink: any PageSink, onDrained: @escaping @Sendable () -> Void) throws {
        let pageSize = try instance.trace.subBufferSize()
        let cpus = try instance.trace.cpus()
        let remaining = Countdown(cpus.count, then: onDrained)
        taps = try cpus.map { cpu in
            Tap(
                reader: PagedReader(pipe: try instance.trace.openRawPipe(cpu: cpu), subBufferSize: pageSize),
                clock: clock,
                sink: sink, onFinished: { remaining.step() })
        }
        instance.beforeRemoval { [taps] in
            for tap in taps { tap.abandon() }
        }
    }

    /// Hands the taps to the reading threads.
    func attach() {
        for tap in taps { readers.add(tap) }
    }

    /// Starts recording at a moment of the trace clock, or at once for nil or when it has passed.
    ///
    /// - Throws: also when it has been stopped meanwhile.
    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        guard !isStopped else { throw WireRefusal(.wrongState, "the session was stopped before its start") }
        // What needs time is done before the moment.
        instance.beginMissCount()
        let missed = MonotonicRawInstant.wait(until: moment)
        let change = try instance.trace.setTracing(true)
        watch.switchedOn(at: change.before)
        for (event, trigger) in instance.selection.lateTriggers { try instance.trace.setTrigger(event, trigger) }
        return WireStarted(change, missed: missed)
    }

    /// Stops recording and lets the taps read to the end.
    @discardableResult
    func stop() throws(TracefsError) -> WireStopping {
        if let stopped { return stopped }
        isStopped = true
        observeSwitch()
        let change = try instance.trace.setTracing(false)
        watch.switchedOff(at: change.before)
        stopped = WireStopping(change)
        // The kernel still finishes records that it had begun; the last drain must find them.
        try? RecordingBarrier.synchronize()
        for tap in taps {
            tap.finish()
            readers.wake(cpu: tap.cpu)
        }
        instance.endMissCount()
        return WireStopping(change)
    }

    /// Goes on with a stop that an agent which died had begun.
    func stop(as halt: WireRecordingHalt) throws(TracefsError) {
        let wasOn = (try? instance.trace.isTracing()) ?? true
        watch.switchedOff(at: MonotonicRawInstant(nanoseconds: halt.at))
        let change = try stop()
        guard !wasOn else { return }
        stopped = .with {
            $0.before = halt.at
            $0.after = change.after
        }
    }

    /// Reads nothing more. What has been read is in the sink when this returns.
    func stopReading() {
        for tap in taps { tap.leave() }
    }

    /// Looks whether recording is still on: anybody on the node may switch it off.
    func observeSwitch() {
        guard watch.isWatching, let isOn = try? instance.trace.isTracing() else { return }
        watch.observe(isOn: isOn, at: .now)
    }

    /// Whether a buffer had no room for an event. Only without overwriting.
    var hasRefusedEvents: Bool {
        taps.contains { ((try? instance.trace.statistics(cpu: $0.cpu))?.droppedEvents ?? 0) > 0 }
    }

    /// Per CPU, up to when everything has been given to the sink; nil until each has been read once.
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

    /// Events given to the sink so far.
    var eventsRead: UInt64 { taps.reduce(0) { $0 &+ $1.events.load(ordering: .relaxed) } }

    /// Removes everything from the kernel. May be called again.
    func remove() throws { try instance.remove() }
}
