import TextPatterns
import Tracefs

/// Probes and synthetic events that an agent left in the kernel, because it died or could not remove them.
enum StaleProbes {
    /// What became of one.
    struct Removal: Equatable {
        var event: EventName
        /// Why it is still there: mostly EBUSY, because another user of tracefs has enabled it.
        var failure: TracefsError?
    }

    /// Removes those of sessions that have ended: those whose instance does not exist.
    ///
    /// A session's instance is made before its probes and removed before them, and an instance of a live agent cannot
    /// be removed by others. The groups are read before the instances: a group whose instance is missing in the later
    /// list was left behind, not just made.
    static func remove(in root: TracefsRoot) throws(TracefsError) -> [Removal] {
        let events = DynamicEvents(root)
        let own = try events.list().map(\.event).filter { ProbeGroup(of: $0) != nil }
        guard !own.isEmpty else { return [] }
        let live = Set(
            try root.instances(prefix: InstanceName.prefix).compactMap { InstanceName($0) }.map { ProbeGroup($0) })
        return Set(own.filter { event in !live.contains { $0 == ProbeGroup(of: event) } }).sorted().map { event in
            do throws(TracefsError) {
                try events.remove(event)
                return Removal(event: event)
            } catch {
                return Removal(event: event, failure: error)
            }
        }
    }
}
