import ArgumentParser
import CommandArguments
import Probes
import TraceProtocol

/// What to trace, where and for how long: common to `trace` and `record`.
struct SessionOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .customLong("event")],
        help: ArgumentHelp(
            "Events: system:event, a system, or a shell pattern such as 'syscalls:sys_enter_open*'. May be repeated.",
            valueName: "event"))
    var events: [String] = []

    @Option(
        name: [.customShort("p"), .customLong("probe")],
        help: ArgumentHelp(
            """
            A probe, in the kernel's own syntax or as kprobe:FUNC, kretprobe:FUNC, uprobe:PATH:SYMBOL, uretprobe:..., \
            usdt:PATH:PROVIDER:NAME, with NAME=FETCHARG behind it. May be repeated.
            """, valueName: "probe"))
    var probes: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp(
            "'EVENT: CONDITION' in the kernel's filter syntax, e.g. 'sched:sched_switch: prev_pid != 0'.",
            valueName: "filter"))
    var filters: [EventText] = []

    @Option(
        name: [.customShort("T"), .customLong("trigger")],
        help: ArgumentHelp(
            "'EVENT: TRIGGER' in the kernel's syntax, e.g. 'sched:sched_process_exec: traceoff'.", valueName: "trigger")
    )
    var triggers: [EventText] = []

    @Option(
        help: ArgumentHelp(
            "Record the kernel's stack after this event ('kprobe:do_filp_open'). May be repeated.", valueName: "event"))
    var stack: [String] = []

    @Option(help: ArgumentHelp("Only this process with what it starts from now on. May be repeated.", valueName: "pid"))
    var pid: [UInt32] = []

    @Option(help: ArgumentHelp("Only tasks of this name ('nginx*'). May be repeated.", valueName: "name"))
    var comm: [String] = []

    @OptionGroup var place: PlaceOptions

    @Option(
        name: .customLong("for"),
        help: "How long, e.g. 500ms, 10s, 2m. Without it: until Ctrl-C, or until the command ends.")
    var duration: Span?

    @Option(help: "Kilobytes of kernel buffer for each CPU (default: 4096).")
    var buffer: Int = 0

    @Option(help: "Start together this far from now.")
    var startIn: Span?

    @Flag(help: "Go on with the nodes that can, when some cannot.")
    var partial = false

    @Argument(parsing: .postTerminator, help: "A command to run meanwhile; the trace ends when it does.")
    var command: [String] = []

    func validate() throws {
        guard !events.isEmpty || !probes.isEmpty else {
            throw ValidationError("say which events: -e system:event, or -p kprobe:FUNCTION")
        }
        try ProbeSyntax.check(probes)
        try BufferOption.check(buffer)
    }

    func order() -> WireOpenSession {
        var order = WireOpenSession()
        order.selectors = place.on
        order.events = events
        order.filters = filters.map(\.setting)
        order.triggers = triggers.map(\.setting)
        order.probes = probes
        order.stacks = stack
        order.pids = pid
        order.comms = comm
        order.bufferKilobytes = UInt32(buffer)
        order.partial = partial
        order.startInMs = UInt32(clamping: (startIn?.nanoseconds ?? 0) / 1_000_000)
        return order
    }
}

/// What of a probe can be judged before anything is sent.
enum ProbeSyntax {
    static func check(_ probes: [String]) throws {
        for probe in probes {
            do throws(ProbeSyntaxError) {
                _ = try ProbeSpec(parsing: probe)
            } catch {
                throw ValidationError("probe \(error)")
            }
        }
    }
}
