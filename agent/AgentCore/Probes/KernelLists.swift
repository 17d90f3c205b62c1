import TraceProtocol
import Tracefs

/// What the kernel says about its functions, read when it is first asked for and once for all probes of a session: the lists
/// have a hundred thousand lines.
final class KernelLists {
    private let root: TracefsRoot

    /// Nil where they cannot be read.
    private(set) lazy var functions = try? FunctionTable.current(root)
    private(set) lazy var addresses = try? FunctionAddresses.current()
    private(set) lazy var blacklist = try? KprobeBlacklist.current()

    init(_ root: TracefsRoot) {
        self.root = root
    }

    /// Says so if the place in a program is probed already with another semaphore than this line's, or with none.
    ///
    /// The kernel keeps one reference counter for each place and refuses a second without a word in its error log
    /// (validate_ref_ctr_offset in kernel/trace/trace_uprobe.c).
    func counterConflict(of line: String) -> WireRefusal? {
        guard let wanted = DynamicEvent(line: line), let place = UprobePlace(wanted.place),
            let other = ((try? DynamicEvents(root).list()) ?? []).first(where: { event in
                guard let taken = UprobePlace(event.place) else { return false }
                return taken.path == place.path && taken.offset == place.offset
                    && taken.referenceCounter != place.referenceCounter
            })
        else { return nil }
        return WireRefusal(
            .badProbe,
            "the probe \"\(other.event.name)\" stands on the same instruction with another semaphore or none, and the kernel takes only one for a place: leave one out, or move one by an instruction (SYMBOL+OFFSET)"
        )
    }
}
