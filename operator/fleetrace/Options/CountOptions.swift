import ArgumentParser
import PerfCounters
import Probes
import TraceProtocol

/// What `stat` counts, and how its rows are told apart.
struct CountOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .customLong("event")],
        help: ArgumentHelp(
            "Events as for trace, and perf's counters (instructions, cpu-clock, page-faults, ...), separated by commas. May be repeated.",
            valueName: "event"))
    var events: [String] = []

    @Option(
        name: [.customShort("p"), .customLong("probe")],
        help: ArgumentHelp("A probe to plant and count, as for trace. May be repeated.", valueName: "probe"))
    var probes: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("'EVENT: CONDITION': count only events for which it holds.", valueName: "filter"))
    var filters: [EventText] = []

    @Option(
        help: ArgumentHelp(
            "A row for each node, cpu, comm, pid or value of a field, separated by commas ('.pid' is the field of that name).",
            valueName: "keys"))
    var by: String?

    @Option(help: ArgumentHelp("Show how a field's values are distributed, in powers of two.", valueName: "field"))
    var hist: String?

    @Option(
        help: ArgumentHelp(
            "Show how long it takes from one event or probe to another of the same thread.", valueName: "entry,exit"))
    var latency: String?

    @Option(help: "Show so many of the most frequent keys only, in a table.")
    var top: Int?

    @Option(help: "Keys that each node counts at most; the rest is counted as other.")
    var table = Int(WireCountRequest.usualTableLimit)

    @Option(help: "Kilobytes of kernel buffer for each CPU, on nodes that decode their own pages (default: 4096).")
    var buffer = 0

    func validate() throws {
        try BufferOption.check(buffer)
        if let top, top < 1 { throw ValidationError("--top: at least 1") }
        guard table >= 1, table <= Int(WireCountRequest.largestTableLimit) else {
            throw ValidationError("--table: 1 to \(WireCountRequest.largestTableLimit) keys")
        }
        if latency != nil, latencyEvents == nil {
            throw ValidationError("--latency: two events, as in syscalls:sys_enter_read,syscalls:sys_exit_read")
        }
        if hist != nil, latency != nil { throw ValidationError("--hist and --latency do not go together") }
        if latency != nil, !(events.isEmpty && probes.isEmpty) {
            throw ValidationError("--latency names its events itself: leave -e and -p out")
        }
        try ProbeSyntax.check(probes)
        guard !names.isEmpty || !probes.isEmpty || latency != nil else {
            throw ValidationError("say what to count: -e system:event")
        }
    }

    /// Every part of every -e.
    private var names: [String] {
        events.flatMap { $0.split(separator: ",").map(String.init) }
    }

    private var latencyEvents: [String]? {
        guard let parts = latency?.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
            parts.count == 2, !parts.contains("")
        else { return nil }
        return parts
    }

    /// The keys without the node.
    private var keys: [String] {
        (by ?? "").split(separator: ",").map(String.init).filter { $0 != "node" }
    }

    var isByNode: Bool { (by ?? "").split(separator: ",").contains("node") }

    /// Fills in what is to be counted.
    func fill(_ order: inout WireOpenSession, interval: Int64, isForPrograms: Bool) throws(ValidationError) {
        var count = WireCountRequest()
        for name in names {
            if CounterName.event(name) != nil { count.counters.append(name) } else { order.events.append(name) }
        }
        order.probes = probes
        order.bufferKilobytes = UInt32(buffer)
        order.filters = filters.map(\.setting)
        if let latencyEvents {
            var latency = WireCountLatency()
            (latency.entry, latency.exit) = (latencyEvents[0], latencyEvents[1])
            count.latency = latency
            for text in latencyEvents {
                if Self.isProbe(text) { order.probes.append(text) } else { order.events.append(text) }
            }
        }
        guard interval % 1_000_000 == 0, let milliseconds = UInt32(exactly: interval / 1_000_000) else {
            throw ValidationError("--interval: whole milliseconds, \(WireCountRequest.shortestInterval)ms to 1h")
        }
        count.intervalMs = milliseconds
        count.keys = keys
        count.histogram = hist ?? ""
        count.tableLimit = UInt32(clamping: table)
        count.perNode = isByNode || isForPrograms
        if let problem = count.problem { throw ValidationError(problem) }
        order.count = count
    }

    /// `kprobe:vfs_read` and its kin, which are planted; everything else exists.
    private static func isProbe(_ text: String) -> Bool { (try? ProbeSpec(parsing: text)) != nil }
}
