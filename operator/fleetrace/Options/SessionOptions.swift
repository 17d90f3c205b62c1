import ArgumentParser
import CommandArguments
import SystemFacts
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
        name: .customLong("causal"),
        help: ArgumentHelp(
            """
            Also record messages between the nodes, by which 'report --causal' tightens the clocks. tcp: each TCP segment \
            (IPv4; by two kprobes and the kernel's BTF, Linux 6.6 or newer).
            """, valueName: "tcp"))
    var causal: CausalProbes?

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp(
            "'EVENT: CONDITION' in the kernel's filter syntax, e.g. 'sched:sched_switch: prev_pid != 0'.",
            valueName: "filter"))
    var filters: [EventSettingArgument] = []

    @Option(
        name: [.customShort("T"), .customLong("trigger")],
        help: ArgumentHelp(
            "'EVENT: TRIGGER' in the kernel's syntax, e.g. 'sched:sched_process_exec: traceoff'.", valueName: "trigger")
    )
    var triggers: [EventSettingArgument] = []

    @Option(
        help: ArgumentHelp(
            "Record the kernel's stack after this event ('kprobe:do_filp_open'). May be repeated.", valueName: "event"))
    var stack: [String] = []

    @OptionGroup var functions: FunctionOptions

    @Option(help: ArgumentHelp("Only this process with what it starts from now on. May be repeated.", valueName: "pid"))
    var pid: [UInt32] = []

    @Option(help: ArgumentHelp("Only tasks of this name ('nginx*'). May be repeated.", valueName: "name"))
    var comm: [String] = []

    @OptionGroup var force: ForceOption

    @OptionGroup var nodes: NodeOptions

    @OptionGroup var length: LengthOption

    @Option(help: "Kilobytes of kernel buffer for each CPU (default: 4096).")
    var buffer: Int?

    @Option(help: "Start together this far from now, e.g. 2s.", transform: DurationArgument.parse)
    var startIn: Duration?

    @OptionGroup var partiality: PartialOption

    @OptionGroup var stamps: ClockSourceOption

    @OptionGroup var attendance: AttendanceOptions

    @OptionGroup var privacy: PrivacyOption

    @OptionGroup var accompanied: CommandOptions

    /// The command to run meanwhile; may be empty.
    var command: [String] { accompanied.words }

    func validate() throws {
        guard !events.isEmpty || !probes.isEmpty || causal != nil || functions.request != nil else {
            throw ValidationError("say which events: -e system:event, -p kprobe:FUNCTION, --function or --graph")
        }
        if functions.request != nil, !comm.isEmpty {
            throw ValidationError("--comm: the function tracers do not know tasks by their names; use --pid")
        }
        try ProbeSyntax.check(probes)
        try ConditionSyntax.check(comms: comm)
        if accompanied.follow, !pid.isEmpty { throw ValidationError("--follow chooses the process: leave --pid out") }
        try BufferOption.check(buffer)
    }

    private func request(name: String) -> WireOpenSession {
        var request = WireOpenSession()
        request.selectors = nodes.on
        request.events = events
        request.filters = filters.map(\.setting)
        request.triggers = triggers.map(\.setting)
        request.probes = probes + (causal?.texts ?? [])
        request.stacks = stack
        request.pids = pid
        request.comms = comm
        if let functions = functions.request { request.functionTrace = functions }
        request.bufferKilobytes = UInt32(buffer ?? 0)
        request.forceProbes = force.isForced
        request.clockSource = stamps.clockSource.wire
        request.partial = partiality.isPartial
        request.startInMs = UInt32(clamping: (startIn ?? .zero).wholeMilliseconds)
        request.name = name
        request.lengthNs = UInt64(clamping: (length.duration ?? .zero).wholeNanoseconds)
        request.private = privacy.isPrivate
        attendance.fill(&request)
        return request
    }

    /// - Parameters:
    ///   - name: of the session, for people; may be empty.
    ///   - needsOutput: whether stdout is what the command is for.
    ///   - separatesOutput: as in `OwnedSession`.
    func session(name: String = "", needsOutput: Bool = true, separatesOutput: Bool = false) -> OwnedSession {
        OwnedSession(
            request: request(name: name), access: nodes.access, timeLimit: length.duration, command: command,
            follows: accompanied.follow, leavesRunning: accompanied.leaveRunning, separatesOutput: separatesOutput,
            needsOutput: needsOutput)
    }
}
