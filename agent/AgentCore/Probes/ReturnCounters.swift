import PerfCounters
import SystemFacts
import TextPatterns
import Tracefs

/// Counts the calls and the returns of functions with uretprobes.
///
/// The kernel keeps 64 nested calls of a thread and leaves the returns of deeper ones out, without counting them
/// (prepare_uretprobe in kernel/events/uprobes.c). Its count of hits is that of calls. So for each uretprobe a second one
/// is planted, which perf counters hold: they count returns. One that the instance holds already cannot be counted so.
final class ReturnCounters {
    struct Counts: Equatable {
        var calls: UInt64 = 0
        var returns: UInt64 = 0
    }

    /// The session's events, in the order of the columns.
    private let events: [EventName]
    private let counters: CounterSet
    private let root: TracefsRoot

    /// Each takes a file for each CPU.
    private static let mostFiles = 4096

    /// - Parameter events: the session's uretprobes.
    /// - Throws: when their second probes are not there, or the kernel has no such counters.
    init?(_ events: [EventName], root: TracefsRoot) throws {
        let online = try CPUList.online().cpus
        guard !events.isEmpty, events.count * online.count <= Self.mostFiles else { return nil }
        self.events = events
        self.root = root
        counters = try CounterSet(
            events.map { .init(.tracepoint(id: UInt64(try root.eventID(Self.double(of: $0))))) }, online: online)
        try counters.enable()
    }

    /// So far, by event.
    func counts(_ hits: [EventName: ProbeHits]) -> [EventName: Counts] {
        var counts: [EventName: Counts] = [:]
        for event in events { counts[event, default: Counts()].calls = hits[Self.double(of: event)]?.hits ?? 0 }
        counters.read { column, _, value in counts[events[column], default: Counts()].returns &+= value.count }
        return counts
    }

    /// Lets go of the probes.
    func close() { counters.close() }

    /// The name of a uretprobe's second probe, in the same group.
    static func double(of event: EventName) -> EventName {
        let name = event.name + ending
        let isShort = name.utf8.count <= longestName
        let double = EventName(
            system: event.system, name: isShort ? name : "returns_" + String(ShortHash.of(event.name), radix: 16))
        return double ?? event
    }

    private static let ending = "__returns"
    /// MAX_EVENT_NAME_LEN of kernel/trace/trace.h, without the NUL.
    private static let longestName = 63
}
