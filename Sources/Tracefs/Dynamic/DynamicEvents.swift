import Glibc
import TextPatterns

/// The kernel's list of dynamic events. It is one list for the whole kernel: everybody's probes are in it, so every
/// write here adds one event or removes one by its full name.
///
/// Linux 5.0 and newer. Older kernels have `kprobe_events` and `uprobe_events` only; an agent does not run there, for want
/// of `set_event_notrace_pid`.
public struct DynamicEvents: Sendable {
    let root: TracefsRoot

    public init(_ root: TracefsRoot) {
        self.root = root
    }

    /// All dynamic events, everybody's, in the kernel's order. Lines that name none are left out.
    public func list() throws(TracefsError) -> [DynamicEvent] {
        do {
            return try ControlFile.text(path).split(separator: "\n").compactMap { DynamicEvent(line: $0) }
        } catch {
            throw error.explainingMissing(path, Self.missing)
        }
    }

    /// Adds an event, for example `p:group/name do_filp_open dfd=%di:s32`. It is disabled everywhere.
    ///
    /// - Throws: ``TracefsError/rejected(_:)`` with the kernel's own explanation where it gives one.
    public func add(_ line: String) throws(TracefsError) {
        // WRITE_BUFSIZE of kernel/trace/trace.c; a line break would begin another command.
        guard !line.isEmpty, line.utf8.count < 4096, !line.utf8.contains(where: { $0 == 0 || $0 == 0x0a }) else {
            throw .invalidArgument(name: "dynamic event", value: line, reason: "it takes 1 to 4095 bytes on one line")
        }
        do {
            // Never with O_TRUNC: opening the file so removes everybody's events (dyn_event_open in
            // kernel/trace/trace_dynevent.c).
            try ControlFile.write(line, to: path, flags: O_APPEND)
        } catch {
            guard case .failed(.write, _, let errno) = error else { throw error.explainingMissing(path, Self.missing) }
            // The log is everybody's as well: it is read, not emptied. The group in the line tells which entry is ours.
            let log = (try? ControlFile.text(root.file("error_log"))) ?? ""
            throw .rejected(
                KernelRejection(
                    kind: .dynamicEvent, event: nil, text: line, log: .last(in: log, about: line), errno: errno))
        }
    }

    /// Removes all probes of an event. One that is not there is no error.
    ///
    /// - Throws: ``TracefsError/failed(operation:path:errno:)`` with EBUSY while somebody has it enabled, in an instance
    ///   of his own or through perf.
    public func remove(_ event: EventName) throws(TracefsError) {
        do {
            try ControlFile.write("-:\(event.system)/\(event.name)", to: path, flags: O_APPEND)
        } catch {
            guard error.errno != Errno.noEntry else { return }
            throw error
        }
    }

    private var path: String { root.file("dynamic_events") }
    private static let missing = "it was built without dynamic events (CONFIG_KPROBE_EVENTS or CONFIG_UPROBE_EVENTS)"
}
