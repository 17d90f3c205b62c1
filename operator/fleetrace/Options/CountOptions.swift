import ArgumentParser
import PerfCounters
import Probes
import SystemFacts
import TraceProtocol

/// What `stat` counts, and how its rows are told apart.
struct CountOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .customLong("event")],
        help: ArgumentHelp(
            "Events as for trace, and perf's counters (instructions, cpu-clock, page-faults, ...), and raw tracepoints (rawtp:sched_switch, whose fields are arg0, arg1, ...), separated by commas. May be repeated.",
            valueName: "event"))
    var events: [String] = []

    @Option(
        name: [.customShort("p"), .customLong("probe")],
        help: ArgumentHelp("A probe to plant and count, as for trace. May be repeated.", valueName: "probe"))
    var probes: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("'EVENT: CONDITION': count only events for which it holds.", valueName: "filter"))
    var filters: [EventSettingArgument] = []

    @OptionGroup var functions: FunctionSelectionOptions

    @Option(
        help: ArgumentHelp(
            "A row for each node, cpu, comm, pid or tid, cgroup, cgroup_id, stack (the kernel's call stack), ustack (the program's) or value of a field, separated by commas ('.pid' is the field of that name; 'filename.ustring' is the text in the program's memory at the address in a field, '.string' in the kernel's).",
            valueName: "keys"))
    var by: String?

    @OptionGroup var values: CountValueOptions

    @Option(help: ArgumentHelp("Show how a field's values are distributed, in powers of two.", valueName: "field"))
    var hist: String?

    @Option(
        help: ArgumentHelp(
            "Show how long it takes from one event or probe to another of the same thread.", valueName: "entry,exit"))
    var latency: String?

    @Option(
        help: ArgumentHelp(
            "With --latency: to the other with the same values, of at most two fields that both have, or cpu, in place of the same thread.",
            valueName: "fields"))
    var match: String?

    @Option(help: "In a table, show only this many keys, the most frequent ones.")
    var top: Int?

    @Option(help: "How many keys each node counts at most; the rest is counted as other.")
    var table = Int(WireCountRequest.usualTableLimit)

    @Option(
        help: ArgumentHelp(
            "How tables are made: ebpf, hist (the kernel's tables) or decode. Without it: in the cheapest way that a node has.",
            valueName: "way"))
    var way: CountWayArgument?

    @Option(help: "Kilobytes of kernel buffer for each CPU, on nodes that decode their own pages (default: 4096).")
    var buffer: Int?

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
        if match != nil, latency == nil { throw ValidationError("--match belongs to --latency") }
        try ProbeSyntax.check(probes)
        guard !names.isEmpty || !probes.isEmpty || latency != nil || functionTrace != nil else {
            throw ValidationError("say what to count: -e system:event, or --function")
        }
        try checkFunctions()
    }

    /// Calls of functions are counted by function, with times, and so by themselves.
    private func checkFunctions() throws {
        guard functionTrace != nil else {
            if !functions.excluded.isEmpty { throw ValidationError("--no-function belongs to --function") }
            return
        }
        guard names.isEmpty, probes.isEmpty, filters.isEmpty, hist == nil, latency == nil, keys.isEmpty, way == nil,
            values.columns.isEmpty
        else {
            throw ValidationError(
                "--function counts calls of functions alone: only --no-function, --by node and --top go with it")
        }
    }

    private var functionTrace: WireFunctionTrace? {
        guard !functions.functions.isEmpty else { return nil }
        return .with {
            $0.functions = functions.functions
            $0.excluded = functions.excluded
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

    /// Writes what is to be counted into a request.
    ///
    /// - Parameters:
    ///   - interval: zero for totals at the end only.
    ///   - isForPrograms: programs get each node's counts, whether or not people asked for rows by node.
    func fill(_ request: inout WireOpenSession, interval: Duration, isForPrograms: Bool) throws(ValidationError) {
        var count = WireCountRequest()
        for name in names {
            let isCounter = CounterName.event(name) != nil || SampledCounter(name) != nil
            if isCounter { count.counters.append(name) } else { request.events.append(name) }
        }
        request.probes = probes
        request.bufferKilobytes = UInt32(buffer ?? 0)
        request.filters = filters.map(\.setting)
        if let latencyEvents {
            var latency = WireCountLatency()
            (latency.entry, latency.exit) = (latencyEvents[0], latencyEvents[1])
            latency.match =
                match.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
            count.latency = latency
            for text in latencyEvents {
                if Self.isProbe(text) { request.probes.append(text) } else { request.events.append(text) }
            }
        }
        let (whole, rest) = interval.wholeNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        guard rest == 0, let milliseconds = UInt32(exactly: whole) else {
            throw ValidationError(
                "--interval: whole milliseconds, \(WireCountRequest.shortestInterval.wholeMilliseconds)ms to 1h")
        }
        count.intervalMs = milliseconds
        count.keys = functionTrace == nil ? keys : [WireCountRequest.functionKey]
        count.histogram = hist ?? ""
        (count.sums, count.maxima) = (values.sums, values.maxima)
        count.tableLimit = UInt32(clamping: table)
        count.way = way?.way ?? .unspecified
        count.perNode = isByNode || isForPrograms
        if let problem = count.problem { throw ValidationError(problem) }
        request.count = count
        guard let functionTrace else { return }
        request.functionTrace = functionTrace
        if let problem = request.functionTraceProblem { throw ValidationError(problem) }
    }

    /// Whether the text is a probe, as `kprobe:vfs_read`, which must be planted first.
    private static func isProbe(_ text: String) -> Bool { (try? ProbeSpec(parsing: text)) != nil }
}
