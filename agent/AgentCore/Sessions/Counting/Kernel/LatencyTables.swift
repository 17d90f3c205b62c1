import EventFormat
import TextPatterns
import TraceProtocol
import Tracefs

/// How the kernel counts latencies by itself: three synthetic events, and a hist trigger on each of five events.
///
///     entry -> started -> table of beginnings, by thread
///     exit  -> ended   -> the thread's beginning, removed -> timed -> table of latencies
///
/// The detour by `started` and `ended` is what makes it exact. A trigger with variables of its own cannot be paused, so
/// the triggers that add and remove beginnings come after ones without variables. An exit without a beginning leaves no
/// trace in a trigger that asks for one, so the first one counts exits. And since all that follows hangs on it, pausing
/// that one ends everything at one moment.
///
/// Times are doubled: the kernel's powers of two do not distinguish 0 from 1, but they do distinguish 0 from 2.
struct LatencyTables {
    /// One trigger.
    struct Trigger {
        let event: EventName
        /// What comes before the state, and the condition after it.
        let text: String
        var condition = ""

        /// - Parameter state: `pause` or `cont`; nil for none.
        func text(_ state: String? = nil) -> String {
            text + (state.map { ":\($0)" } ?? "") + (condition.isEmpty ? "" : " if \(condition)")
        }
    }

    /// Definitions of the synthetic events.
    let definitions: [String]
    let synthetic: [EventName]
    let entry: Trigger
    let exit: Trigger
    /// By thread: when it began.
    let beginnings: Trigger
    let matching: Trigger
    let latencies: Trigger
    /// The keys of the table of latencies, as its file prints them, the doubled latency last.
    let names: [String]
    /// Where the values of all but the last come from.
    let parts: [KeyPart]

    static let twice = "twice"
    /// Threads that tables by thread hold: as many as there are numbers on a kernel with its own default of pid_max
    /// (PID_MAX_DEFAULT of include/linux/threads.h). About 200 bytes each.
    static let mostThreads = 1 << 15

    /// - Parameters:
    ///   - exitFormat: the layout of `exit`, whose fields the keys are.
    ///   - filters: of the events.
    ///   - clock: of the instance; a hist trigger would choose another.
    ///   - cpus: how many there can be.
    /// - Throws: `KernelDeclined` for what its tables would count otherwise than decoding does.
    init(
        _ request: WireCountRequest, group: ProbeGroup, entry: EventName, exit: EventName, exitFormat: EventFormat,
        filters: [EventName: String], clock: String, cpus: Int
    ) throws {
        guard let started = group.synthetic("started"), let ended = group.synthetic("ended"),
            let timed = group.synthetic("timed")
        else { throw KernelDeclined("its synthetic events would have no name") }
        parts = try RecordKeyReader(request, exitFormat).keyParts
        var names: [String] = []
        // What has to be handed on from the exit to the table, under names of our own.
        var fields: [(field: String, name: String, bits: Int)] = []
        for (key, part) in zip(request.keys, parts) {
            switch part {
            case .cpu: names.append("common_cpu")
            case .pid: names.append("common_pid")
            case .number(let number):
                names.append("key\(fields.count)")
                fields.append((try HistTrigger.field(key), "key\(fields.count)", number.size * 8))
            case .cgroup: throw KernelDeclined("the kernel's tables have no cgroups")
            case .stack: throw KernelDeclined("only eBPF counts by stack")
            case .comm: throw KernelDeclined("the kernel's tables have no names of tasks")
            case .fixedText, .text, .pointedText:
                throw KernelDeclined("the kernel's tables have no latencies by a text")
            }
        }
        self.names = names + [Self.twice]
        synthetic = [started, ended, timed]
        // Unsigned whatever the field is: the kernel accepts no other type for what it hands on (create_var in
        // kernel/trace/trace_events_hist.c).
        let handed = fields.map { "; u\($0.bits) \($0.name)" }.joined()
        definitions = [
            "s:\(started.name) u64 at", "s:\(ended.name) u64 at\(handed)", "s:\(timed.name) u64 \(Self.twice)\(handed)",
        ]
        guard let cpuTable = HistTrigger.sizes.first(where: { $0 >= cpus }) else {
            throw KernelDeclined("\(cpus) CPUs are more than a table holds")
        }
        func first(_ event: EventName, _ next: EventName, _ fields: [String]) -> Trigger {
            let values = (["common_timestamp"] + fields).joined(separator: ",")
            // The idle task is no thread: each CPU has one of its own under the same number.
            let condition = "common_pid != 0" + (filters[event].map { " && (\($0))" } ?? "")
            return Trigger(
                event: event,
                text: "hist:keys=common_cpu:clock=\(clock):size=\(cpuTable)"
                    + ":onmatch(\(event.system).\(event.name)).trace(\(next.name),\(values))",
                condition: condition)
        }
        self.entry = first(entry, started, [])
        self.exit = first(exit, ended, fields.map(\.field))
        beginnings = Trigger(event: started, text: "hist:keys=common_pid:begin=at+at:size=\(Self.mostThreads)")
        matching = Trigger(
            event: ended,
            text: "hist:keys=common_pid:\(Self.twice)=at+at-$begin:size=\(Self.mostThreads)"
                + ":onmatch(\(started.system).\(started.name))"
                + ".trace(\(([timed.name, "$\(Self.twice)"] + fields.map(\.name)).joined(separator: ",")))")
        latencies = Trigger(
            event: timed,
            text:
                "hist:keys=\((names + ["\(Self.twice).log2"]).joined(separator: ",")):size=\(try HistTrigger.size(request))"
        )
    }
}
