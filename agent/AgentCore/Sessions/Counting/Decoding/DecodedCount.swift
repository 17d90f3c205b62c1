import EventFormat
import RingBuffer
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts by key, as histogram or of times, by decoding the session's own pages: for kernels without tables that fit.
final class DecodedCount: CountSource {
    private(set) var plan = WireCountPlan()
    var events: [EventName] { recording.events.map(recording.instance.shownName) }
    var notes: [String] { recording.notes }
    var gaps: [WireRecordingGap] { recording.gaps }
    private let recording: PageRecording
    private let counter: RecordCounter
    private let readers: CPUReaders
    private let needsNames: Bool
    private var isStopped = false
    private(set) var isIncomplete = false
    /// Lost so far, as far as it is known while counting, and when that was read.
    private var lost: (events: UInt64, at: MonotonicRawInstant) = (0, MonotonicRawInstant(nanoseconds: 0))

    private static let lossInterval = Duration.milliseconds(500)

    private init(
        _ recording: PageRecording, _ program: CountProgram, _ counter: RecordCounter, _ readers: CPUReaders,
        remark: String
    ) {
        self.recording = recording
        self.counter = counter
        self.readers = readers
        needsNames = program.needsNames
        for column in program.columns { plan.add(column, .decodedPages, remark: remark) }
    }

    /// Makes everything, with recording off.
    ///
    /// - Parameter remark: why the kernel does not count by itself.
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, readers: CPUReaders,
        remark: String
    ) throws -> DecodedCount {
        let root = tracefs.root
        // Only one of them may be missing; without both, names are those at the start.
        let naming =
            request.count.keys.contains("comm")
            ? CountProgram.namingEvents.filter { root.has($0) && tracefs.policy.refusal(of: $0) == nil } : []
        let recording = try PageRecording.prepare(
            request, session: delivery.session, in: tracefs, readers: readers, others: naming)
        do {
            let layout = try SubBufferLayout(headerPage: recording.headerPage())
            let program = try CountProgram(
                request.count, columns: try CountColumns.of(request.count, recording.instance, root),
                naming: try naming.map { try root.format(of: $0) })
            let counter = RecordCounter(
                program, limit: request.count.tableSize, cpus: try recording.instance.trace.cpus(), layout: layout)
            try recording.openTaps(feeding: counter, onDrained: delivery.onDrained)
            let count = DecodedCount(recording, program, counter, readers, remark: remark)
            recording.attach()
            return count
        } catch {
            try? recording.remove()
            throw error
        }
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        let started = try recording.start(at: moment)
        if needsNames { try readNames() }
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
