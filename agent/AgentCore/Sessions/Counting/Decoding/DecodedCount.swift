import EventFormat
import RingBuffer
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts by decoding the session's own pages: by key, as histogram or of times on kernels without tables that fit, and
/// calls of functions.
final class DecodedCount<Tally: RecordTally & ~Copyable>: CountSource {
    private(set) var plan = WireCountPlan()
    var events: [EventName] { recording.events.map(recording.instance.shownName) }
    var notes: [String] { recording.notes }
    var gaps: [WireRecordingGap] { recording.gaps }
    var missed: [WireProbeMisses] { recording.instance.missed }
    private let recording: PageRecording
    private let counter: RecordCounter<Tally>
    private let readers: CPUReaders
    let functions: UInt32
    private var isStopped = false
    private(set) var isIncomplete = false
    /// Lost so far, as far as it is known while counting, and when that was read.
    private var lost: (events: UInt64, at: MonotonicRawInstant) = (0, MonotonicRawInstant(nanoseconds: 0))

    private static var lossInterval: Duration { .milliseconds(500) }

    /// Begins to read the pages of a recording that is off.
    ///
    /// - Parameter remark: what a person should know of how it counts.
    init(
        _ recording: PageRecording, _ tally: consuming Tally, columns: [String], _ delivery: SessionDelivery,
        _ readers: CPUReaders, remark: String
    ) throws {
        self.recording = recording
        self.readers = readers
        functions = UInt32(recording.functions.count)
        counter = RecordCounter(tally, layout: try SubBufferLayout(headerPage: recording.headerPage()))
        for column in columns { plan.add(column, .decodedPages, remark: remark) }
        try recording.openTaps(feeding: counter, onDrained: delivery.onDrained)
        recording.attach()
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        let started = try recording.start(at: moment)
        if counter.needsNames { try readNames() }
        return started
    }

    /// Changes of names are recorded already: what happens while they are read is not missed.
    private func readNames() throws {
        let names = try TaskList.commsOfAll()
        counter.setNames(names, readAt: .now)
    }

    func stop() throws -> WireStopping {
        isStopped = true
        return try recording.stop()
    }

    func refresh() throws {
        recording.observeSwitch()
        readers.wakeAll()
        if counter.wantsNames { try readNames() }
    }

    func rows() -> CountedRows {
        var counted = counter.counted()
        counted.asOf = recording.watermarks()?.map(\.time).min().map {
            MonotonicRawInstant(nanoseconds: Int64($0))
        }
        counted.lost += lostEvents()
        return counted
    }

    /// While it counts, what the kernel has counted as lost; at the end, everything recorded that was not counted.
    private func lostEvents() -> UInt64 {
        let now = MonotonicRawInstant.now
        guard isStopped || lost.at.duration(to: now) >= Self.lossInterval else { return lost.events }
        let totals = recording.totals(reason: "")
        isIncomplete = isStopped && totals.incomplete
        let events = totals.cpus.reduce(UInt64(0)) { sum, cpu in
            sum + (isStopped ? cpu.recorded - min(cpu.recorded, cpu.sent) : cpu.lost)
        }
        lost = (events, now)
        return events
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool {
        try recording.instance.refreshThreads(wanted)
    }

    func remove(inBackground: Bool) throws { try recording.remove() }
}

extension DecodedCount where Tally == CountTally {
    /// Makes everything, with recording off.
    ///
    /// - Parameter remark: why the kernel does not count by itself.
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, readers: CPUReaders,
        remark: String
    ) throws -> DecodedCount {
        if let key = request.count.keys.first(where: {
            ["cgroup", "cgroup_id"].contains($0) || WireCountRequest.isStack($0)
        }) {
            throw WireRefusal(
                .unsupported,
                "records do not have the \(WireCountRequest.isStack(key) ? "stack" : "cgroup") of their task: only eBPF counts by \(key)"
                    + (remark.isEmpty ? "" : " (\(remark))"))
        }
        let root = tracefs.root
        // Only one of them may be missing; without both, names are those at the start.
        let naming =
            request.count.keys.contains("comm")
            ? CountProgram.namingEvents.filter { root.has($0) && tracefs.policy.refusal(of: $0) == nil } : []
        let recording = try PageRecording.prepare(
            request, session: delivery.session, in: tracefs, readers: readers, others: naming)
        do {
            let program = try CountProgram(
                request.count, columns: try CountColumns.of(request.count, recording.instance, root),
                naming: try naming.map { try root.format(of: $0) })
            let tally = CountTally(
                program, limit: request.count.tableSize, cpus: try recording.instance.trace.cpus())
            return try DecodedCount(recording, tally, columns: program.columns, delivery, readers, remark: remark)
        } catch {
            try? recording.remove()
            throw error
        }
    }
}
