import TraceProtocol
import Tracefs

/// The kernel's lists about its functions. Each has a hundred thousand lines, so it is read when it is first needed,
/// and once for all probes of a session.
final class KernelLists {
    private let root: TracefsRoot

    /// Nil where they cannot be read.
    private(set) lazy var functions = try? FunctionTable.current(root)
    private(set) lazy var addresses = try? FunctionAddresses.current()
    private(set) lazy var blacklist = try? KprobeBlacklist.current()
    /// Whether probes may name arguments of functions and fields of structures.
    private(set) lazy var knowsArgumentNames = try? root.readmeText().contains("<argname>[->field")

    init(_ root: TracefsRoot) {
        self.root = root
    }

    /// The refusal for a location in a program that is probed already, with another semaphore than this line's or
    /// without one; nil otherwise.
    ///
    /// The kernel keeps one reference counter for each location. It refuses a second one and writes nothing to its
    /// error log (validate_ref_ctr_offset in kernel/trace/trace_uprobe.c).
    func counterConflict(of line: String) -> WireRefusal? {
        guard let wanted = DynamicEvent(line: line), let location = UprobeLocation(wanted.location),
            let other = ((try? DynamicEvents(root).list()) ?? []).first(where: { event in
                guard let present = UprobeLocation(event.location) else { return false }
                return present.path == location.path && present.offset == location.offset
                    && present.referenceCounter != location.referenceCounter
            })
        else { return nil }
        return WireRefusal(
            .badProbe,
            "the probe \"\(other.event.name)\" stands on the same instruction with another semaphore or none, and the kernel allows one for a location: leave one out, or move one by an instruction (SYMBOL+OFFSET)"
        )
    }
}
