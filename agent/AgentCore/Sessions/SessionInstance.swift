import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// What a session has in this node's kernel before anything is recorded or counted: its instance, its probes, what of
/// the kernel's events it chose, and the list of threads that it leaves out.
///
/// Confined to the agent's control thread; every call may block for as long as the kernel does.
final class SessionInstance {
    let instance: TraceInstance
    let selection: EventSelection
    private(set) var probes: ProbeSet
    private let shownNames: [EventName: EventName]
    private var excludedProcesses: [Int32]
    private var untraced = UntracedThreads()

    private init(
        _ instance: TraceInstance, _ selection: EventSelection, _ probes: ProbeSet, excludedProcesses: [UInt32]
    ) {
        self.instance = instance
        self.selection = selection
        self.probes = probes
        self.excludedProcesses = excludedProcesses.map { Int32(bitPattern: $0) }
        shownNames = Dictionary(
            probes.probes.flatMap { probe in probe.events.map { ($0, probe.shown($0)) } }, uniquingKeysWith: { $1 })
    }

    /// Makes it, with recording off and nothing enabled, lets `fill` do the rest, and takes it down if that throws.
    ///
    /// - Throws: `WireRefusal`; nothing is left behind then.
    static func make<R>(
        _ order: WirePrepare, session: UInt64, node: String, root: TracefsRoot, policy: Policy,
        fill: (SessionInstance) throws -> R
    ) throws(WireRefusal) -> R {
        do {
            let name = InstanceName(node: node, session: session)
            let instance = try TraceInstance.create(in: root, name: name.text)
            var probes: ProbeSet?
            do {
                let planted = try ProbeSet(order.probes, instance: name, root: root, policy: policy)
                probes = planted
                if let refusal = planted.refusal { throw refusal }
                let selection = try EventSelection(order, probes: planted.probes, root: root, policy: policy)
                let place = SessionInstance(instance, selection, planted, excludedProcesses: order.excludedProcesses)
                try place.refreshExcludedProcesses()
                return try fill(place)
            } catch {
                // The instance first: it holds the probes enabled.
                try? instance.remove()
                try? probes?.remove()
                throw error
            }
        } catch let refusal as WireRefusal {
            throw refusal
        } catch {
            throw WireRefusal(error)
        }
    }

    /// Enables the probes: only now does the kernel plant them, and say why not.
    func enableProbes() throws {
        probes.enable(in: instance)
        if let refusal = probes.refusal { throw refusal }
    }

    /// The events of its probes, in the kernel's names.
    var probeEvents: [EventName] { probes.probes.flatMap(\.events) }

    /// The name under which an event is shown.
    func shownName(of event: EventName) -> EventName { shownNames[event] ?? event }

    /// Brings the list of threads that stay untraced up to date.
    func refreshExcludedProcesses(_ pids: [Int32]? = nil) throws(TracefsError) {
        if let pids { excludedProcesses = pids }
        try instance.setNotracePIDs(
            untraced.update(
                wanted: Self.threads(with: excludedProcesses), now: MonotonicRawClock.now(), isAlive: TaskList.exists))
    }

    /// Own threads, and those of the other Fleetrace processes here: tracing their system calls would make more
    /// of them. A excluded process that has ended in the meantime has no threads.
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

    /// Removes the instance with all it holds, and then the probes.
    ///
    /// - Throws: also when somebody else has one of the probes enabled; `StaleProbes` removes it once that is over.
    func remove() throws(TracefsError) {
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
