import Glibc
import TextPatterns

/// The kernel's list of dynamic events. There is one list for the whole kernel, which contains other users' probes too,
/// so every write here adds one event or removes one by its full name.
///
/// For Linux 5.0 and newer. Older kernels only have `kprobe_events` and `uprobe_events`, but agents do not support
/// them, because they lack `set_event_notrace_pid`.
public struct DynamicEvents: Sendable {
    let root: TracefsRoot

    public init(_ root: TracefsRoot) {
        self.root = root
    }

    /// All dynamic events of all users, in the kernel's order. Lines that define none are left out.
    public func list() throws(TracefsError) -> [DynamicEvent] {
        do {
            return try ControlFile.text(path).split(separator: "\n").compactMap { DynamicEvent(line: $0) }
        } catch {
            throw error.explainingMissing(path, Self.missing)
        }
    }

    /// Adds an event, for example `p:group/name do_filp_open dfd=%di:s32`. It is disabled in all instances.
    ///
    /// - Throws: ``TracefsError/rejected(_:)`` with the kernel's explanation, if it gives one.
    public func add(_ line: String) throws(TracefsError) {
        // WRITE_BUFSIZE of kernel/trace/trace.c. A line break would start another command.
        guard !line.isEmpty, line.utf8.count < 4096, !line.utf8.contains(where: { $0 == 0 || $0 == 0x0a }) else {
            throw .invalidArgument(
                name: "dynamic event", value: line, reason: "it must have 1 to 4095 bytes on one line")
        }
        do {
            // Never with O_TRUNC, which removes the events of all users (dyn_event_open in
            // kernel/trace/trace_dynevent.c).
            try ControlFile.write(line, to: path, flags: O_APPEND)
        } catch {
            guard let errno = error.writeErrno else { throw error.explainingMissing(path, Self.missing) }
            // The log is shared with other users too, so it is read but not cleared. The group in the line identifies
            // our entry.
            let log = (try? ControlFile.text(root.file("error_log"))) ?? ""
            throw .rejected(
                KernelRejection(
                    kind: .dynamicEvent, event: nil, text: line, log: .last(in: log, about: line), errno: errno))
        }
    }

    /// Removes all probes of an event. It is not an error if there are none.
    ///
    /// - Throws: ``TracefsError/failed(operation:path:errno:)`` with EBUSY while it is enabled in another instance or
    ///   through perf.
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
