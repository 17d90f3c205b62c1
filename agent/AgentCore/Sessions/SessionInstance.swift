import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// What a session has in this node's kernel, whether it records or counts: its instance, its probes, the events that it
/// selects, and the list of threads that it leaves out.
///
/// Used on one thread at a time; every call may block for as long as the kernel does.
final class SessionInstance {
    let trace: TraceInstance
    let selection: EventSelection
    /// Nil for an instance that was taken over: its probes are in the kernel already.
    private(set) var probes: ProbeSet?
    private let shownNames: [EventName: EventName]
    private var untraced: UntracedThreadList
    private var missCount: ProbeMissCount
    private var returns: ReturnCounters?
    /// When misses began to count; the start of the machine for an instance that was taken over.
    private var missesSince = MonotonicRawInstant(nanoseconds: 0)
    /// What its probes missed, once it has been stopped.
    private(set) var missed: [WireProbeMisses] = []
    /// When events of other tasks may have been left out; ns of the trace clock.
    var gaps: [WireRecordingGap] { untraced.gaps }
    private var guarded: GuardedInstance
    private var rollback: Rollback

    private init(
        _ trace: TraceInstance, _ selection: EventSelection, _ probes: ProbeSet?, shownNames: [EventName: EventName],
        untraced: UntracedThreadList = UntracedThreadList(), guarded: GuardedInstance, rollback: Rollback
    ) {
        self.untraced = untraced
        self.trace = trace
        self.selection = selection
        self.probes = probes
        self.guarded = guarded
        self.rollback = rollback
        self.shownNames = shownNames
        missCount = ProbeMissCount(shown: shownNames.filter { ProbeGroup($0.key.system) != nil })
    }

    /// Makes it, with recording off and nothing enabled.
    ///
    /// - Parameter isInheritable: a successor of this agent can take it over.
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, session: UInt64, in tracefs: NodeTracefs, isInheritable: Bool = false
    ) throws -> SessionInstance {
        let name = InstanceName(node: tracefs.node, session: session)
        var guarded = GuardedInstance(
            name.text, at: tracefs.guardian, grace: isInheritable ? tracefs.grace(of: request) : .zero)
        var rollback = Rollback()
        let trace = try guarded.make { try TraceInstance.create(in: tracefs.root, name: name.text) }
        rollback.add { try ProbeSet.remove(ProbeGroup(name), from: tracefs.root) }
        // Before the probes: an instance holds its probes enabled.
        rollback.add { try trace.remove() }
        do {
            let probes = try ProbeSet(
                request.probes, instance: name, root: tracefs.root, policy: tracefs.policy,
                isForced: request.forceProbes)
            if let refusal = probes.refusal { throw refusal }
            let selection = try EventSelection(
                request, probes: probes.probes, root: tracefs.root, policy: tracefs.policy)
            let shownNames = probes.probes.flatMap { probe in probe.events.map { ($0, probe.shown($0)) } }
            let made = SessionInstance(
                trace, selection, probes, shownNames: Dictionary(shownNames, uniquingKeysWith: { $1 }),
                guarded: guarded, rollback: rollback)
            try made.refreshThreads(
                UntracedThreads.wanted(
                    excludedProcesses: request.excludedProcesses.map { Int32(bitPattern: $0) }))
            return made
        } catch {
            try? guarded.remove { try rollback.run() }
            throw error
        }
    }

    /// Enables the probes: only now does the kernel plant them, and report why it cannot.
    func enableProbes() throws {
        probes?.enable(in: trace)
        if let refusal = probes?.refusal { throw refusal }
        // Without them misses of uretprobes are not known, and everything else is as asked for.
        let returning = probes?.probes.filter { $0.spec.kind == .uretprobe }.flatMap(\.events) ?? []
        returns = (try? ReturnCounters(returning, root: trace.root)) ?? nil
    }

    // MARK: What its probes miss

    /// The kernel limits how often it logs that it leaves a return out: 10 times in 5 s (DEFAULT_RATELIMIT_INTERVAL of
    /// include/linux/ratelimit_types.h). What was logged shortly before may stand for what came after.
    private static let quietTime = Duration.seconds(15)

    /// From now on what its probes miss is counted.
    func beginMissCount() {
        guard !missCount.isEmpty, let hits = try? dynamicEvents.hits() else { return }
        missesSince = .now.advanced(by: .zero - Self.quietTime)
        missCount.begin(reading(hits))
    }

    /// Reads what they have missed.
    func endMissCount() {
        guard !missCount.isEmpty, let hits = try? dynamicEvents.hits(), let list = try? dynamicEvents.list() else {
            return
        }
        let kinds = Dictionary(list.map { ($0.event, $0.kind) }, uniquingKeysWith: { first, _ in first })
        let reading = reading(hits)
        let isNestingCut =
            missCount.hasUnreturned(reading)
            ? KernelLog.has(ProbeMissCount.nestingMessage, since: missesSince) : false
        missed = missCount.missed(reading, kinds: kinds, isNestingCut: isNestingCut)
    }

    private func reading(_ hits: [EventName: ProbeHits]) -> ProbeMissCount.Reading {
        ProbeMissCount.Reading(hits: hits, returns: returns?.counts(hits) ?? [:])
    }

    private var dynamicEvents: DynamicEvents { DynamicEvents(trace.root) }

    /// The events of its probes, in the kernel's names.
    var probeEvents: [EventName] { probes?.probes.flatMap(\.events) ?? [] }

    /// The name under which an event is shown.
    func shownName(of event: EventName) -> EventName { shownNames[event] ?? event }

    /// Brings the list of threads that stay untraced up to date.
    ///
    /// - Returns: whether it had to be changed: the kernel then waits for all its readers, 20 to 130 ms.
    @discardableResult
    func refreshThreads(_ wanted: Set<Int32>) throws(TracefsError) -> Bool {
        let listed = untraced.listed
        let update = untraced.update(wanted)
        try trace.setNotracePIDs(update)
        return update != listed
    }

    // MARK: Agents that follow each other

    /// Takes over the instance of an agent that died, as it is.
    ///
    /// - Throws: when it is not there, or another process has it.
    static func takeOver(
        _ prepared: WirePreparedRecording, session: UInt64, in tracefs: NodeTracefs
    ) throws -> SessionInstance {
        let name = InstanceName(node: tracefs.node, session: session)
        let guarded = GuardedInstance(name.text, at: tracefs.guardian, grace: tracefs.grace(of: prepared.request))
        let trace = try guarded.make { try TraceInstance.takeOver(in: tracefs.root, name: name.text) }
        var rollback = Rollback()
        rollback.add { try ProbeSet.remove(ProbeGroup(name), from: tracefs.root) }
        rollback.add { try trace.remove() }
        return SessionInstance(
            trace, EventSelection(prepared), nil, shownNames: prepared.shownNames,
            untraced: UntracedThreadList(
                UntracedThreads(
                    listed: try trace.notracePIDs(), now: .now, startTime: UntracedThreads.startTime(ofFleetrace:))),
            guarded: guarded, rollback: rollback)
    }

    /// From now on the guard leaves it alone for as long after this agent's death.
    func renew(grace: Duration) { guarded.renew(grace: grace) }

    /// Leaves it as it is, for a successor.
    func leave() {
        returns?.close()
        trace.leave()
    }

    // MARK: Removal

    /// Adds what has to be done before the instance is removed.
    func beforeRemoval(_ step: @escaping () throws -> Void) { rollback.add(step) }

    /// Adds what has to be done after the instance and its probes have been removed.
    func afterRemoval(_ step: @escaping () throws -> Void) { rollback.addLast(step) }

    /// Removes everything that the session has in the kernel. May be called again.
    ///
    /// - Throws: also when another user of tracefs has one of the probes enabled; `StaleProbes` removes it later.
    func remove() throws {
        // They hold probes.
        returns?.close()
        returns = nil
        try guarded.remove { try rollback.run() }
    }
}
