import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// What a session has in this node's kernel, whether it records or counts: its instance, its probes, the events that it
/// selects, and the list of threads that it leaves out.
///
/// Confined to the control thread; every call may block for as long as the kernel does.
final class SessionInstance {
    let trace: TraceInstance
    let selection: EventSelection
    private(set) var probes: ProbeSet
    private let shownNames: [EventName: EventName]
    private var excludedProcesses: [Int32]
    private var untraced = UntracedThreads()
    private var rollback: Rollback

    private init(
        _ trace: TraceInstance, _ selection: EventSelection, _ probes: ProbeSet, excludedProcesses: [UInt32],
        rollback: Rollback
    ) {
        self.trace = trace
        self.selection = selection
        self.probes = probes
        self.rollback = rollback
        self.excludedProcesses = excludedProcesses.map { Int32(bitPattern: $0) }
        shownNames = Dictionary(
            probes.probes.flatMap { probe in probe.events.map { ($0, probe.shown($0)) } }, uniquingKeysWith: { $1 })
    }

    /// Makes it, with recording off and nothing enabled.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, session: UInt64, in tracefs: NodeTracefs
    ) throws -> SessionInstance {
        let name = InstanceName(node: tracefs.node, session: session)
        let trace = try TraceInstance.create(in: tracefs.root, name: name.text)
        var rollback = Rollback()
        rollback.add { try ProbeSet.remove(ProbeGroup(name), from: tracefs.root) }
        // Before the probes: an instance holds its probes enabled.
        rollback.add { try trace.remove() }
        do {
            let probes = try ProbeSet(request.probes, instance: name, root: tracefs.root, policy: tracefs.policy)
            if let refusal = probes.refusal { throw refusal }
            let selection = try EventSelection(
                request, probes: probes.probes, root: tracefs.root, policy: tracefs.policy)
            let made = SessionInstance(
                trace, selection, probes, excludedProcesses: request.excludedProcesses, rollback: rollback)
            try made.refreshThreads()
            return made
        } catch {
            try? rollback.run()
            throw error
        }
    }

    /// Enables the probes: only now does the kernel plant them, and report why it cannot.
    func enableProbes() throws {
        probes.enable(in: trace)
        if let refusal = probes.refusal { throw refusal }
    }

    /// The events of its probes, in the kernel's names.
    var probeEvents: [EventName] { probes.probes.flatMap(\.events) }

    /// The name under which an event is shown.
    func shownName(of event: EventName) -> EventName { shownNames[event] ?? event }

    /// Brings the list of threads that stay untraced up to date.
    ///
    /// - Parameter excludedProcesses: the other Fleetrace processes of this machine, if they have changed.
    func refreshThreads(_ excludedProcesses: [Int32]? = nil) throws(TracefsError) {
        if let excludedProcesses { self.excludedProcesses = excludedProcesses }
        try trace.setNotracePIDs(
            untraced.update(
                wanted: Self.threads(with: self.excludedProcesses), now: .now, isAlive: TaskList.exists))
    }

    /// Own threads, and those of the other Fleetrace processes here: tracing their system calls would cause more of
    /// them. An excluded process that has ended in the meantime has no threads.
    private static func threads(with excludedProcesses: [Int32]) throws(TracefsError) -> Set<Int32> {
        var threads = Set(try TracefsError.translating(TaskList.ownThreads))
        for pid in excludedProcesses where isFleetrace(pid) {
            threads.formUnion((try? TaskList.threads(of: pid)) ?? [])
        }
        return threads
    }

    /// The list comes over the network: nobody may hide another program from a trace with it.
    private static func isFleetrace(_ pid: Int32) -> Bool {
        TaskList.program(of: pid)?.hasPrefix("fleetrace") ?? false
    }

    // MARK: Removal

    /// Adds what has to be done before the instance is removed.
    func beforeRemoval(_ step: @escaping () throws -> Void) { rollback.add(step) }

    /// Adds what has to be done after the instance and its probes have been removed.
    func afterRemoval(_ step: @escaping () throws -> Void) { rollback.addLast(step) }

    /// Removes everything that the session has in the kernel. May be called again.
    ///
    /// - Throws: also when another user of tracefs has one of the probes enabled; `StaleProbes` removes it later.
    func remove() throws { try rollback.run() }
}
