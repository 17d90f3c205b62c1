import BPF
import SystemFacts
import TextPatterns
import Threads
import TraceProtocol
import Tracefs

/// Counts by key, histograms and latencies in the kernel, by eBPF programs of the agent's own.
final class EBPFCount: CountSource {
    private(set) var plan = WireCountPlan()
    let events: [EventName]
    let notes: [String]
    var gaps: [WireRecordingGap] { untraced.gaps }
    var missed: [WireProbeMisses] { instance?.missed ?? [] }
    /// Holds its probes; nil without any.
    private let instance: SessionInstance?
    private var programs: [BPFProgram]
    private var attachments: [BPFAttachment]
    private var samplers: SamplerSet
    private var generations: ProcessGenerations?
    private let tables: [ProgramTable]
    private let control: ProgramControl
    private var untraced: UntracedThreadList
    private let release: () -> Void
    private let onDrained: @Sendable () -> Void
    /// What programs had missed before the start, and until the end.
    private var earlierMisses: UInt64 = 0
    private var lastMisses: UInt64?
    private var isRemoved = false

    /// - Parameter release: gives back the memory of the tables.
    init(
        _ parts: EBPFPrograms, _ instance: SessionInstance?, notes: [String], remark: String,
        release: @escaping () -> Void, onDrained: @escaping @Sendable () -> Void
    ) {
        events = parts.events
        for column in parts.columns { plan.add(column, .ebpfProgram, remark: remark) }
        self.notes = notes + parts.notes
        self.instance = instance
        (samplers, generations) = (parts.samplers, parts.generations)
        (programs, attachments, tables, control) = (parts.programs, parts.attachments, parts.tables, parts.control)
        untraced = parts.untraced
        self.release = release
        self.onDrained = onDrained
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        instance?.beginMissCount()
        let missed = MonotonicRawInstant.wait(until: moment)
        earlierMisses = try misses()
        let before = MonotonicRawInstant.now
        control.isCounting = true
        try samplers.enable()
        return WireStarted(TracingSwitch(before: before, after: .now), missed: missed)
    }

    func stop() throws -> WireStopping {
        let before = MonotonicRawInstant.now
        control.isCounting = false
        let after = MonotonicRawInstant.now
        // Programs that have begun end, without preemption, before this returns. Where it does not work, what detaches
        // programs waits for them.
        do { try RecordingBarrier.synchronize() } catch { for attachment in attachments { attachment.close() } }
        lastMisses = try misses()
        samplers.close()
        instance?.endMissCount()
        onDrained()
        return WireStopping(TracingSwitch(before: before, after: after))
    }

    private func misses() throws(BPFError) -> UInt64 {
        var sum: UInt64 = 0
        for program in programs { sum &+= try program.misses() }
        return sum
    }

    /// Of processes that have ended nobody can name an address, and a CPU that came online is not sampled yet.
    var lookInterval: Duration? { generations == nil && samplers.isEmpty ? nil : .milliseconds(200) }

    func refresh() throws {
        for table in tables { table.lookAtProcesses() }
        if !samplers.isEmpty { try samplers.follow(online: CPUList.online().cpus) }
    }

    func rows() throws -> CountedRows {
        var counted = CountedRows()
        for (column, table) in tables.enumerated() {
            let part = table.rows(column: column)
            counted.rows += part.rows
            counted.lost &+= part.lost
            counted.unmatched &+= part.unmatched
        }
        counted.lost &+= (try lastMisses ?? misses()) &- earlierMisses
        return counted
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool {
        try control.exclude(untraced.update(wanted))
    }

    func remove(inBackground: Bool) throws {
        guard !isRemoved else { return }
        isRemoved = true
        let closing = attachments + (generations?.attachments ?? [])
        samplers.close()
        (attachments, programs, generations) = ([], [], nil)
        release()
        func close() { for attachment in closing { attachment.close() } }
        // Probes must not outlive the agent, which may end at once; programs hold them.
        if let instance {
            close()
            return try instance.remove()
        }
        guard inBackground else { return close() }
        do { try spawnThread(name: "closer") { for attachment in closing { attachment.close() } } } catch { close() }
    }
}
