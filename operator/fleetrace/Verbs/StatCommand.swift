import ArgumentParser
import CommandArguments
import CountReport
import Glibc
import SystemFacts
import TraceProtocol

struct StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Count events on many nodes together, as perf stat -a does on one.",
        discussion: """
            Counts are exact and cheap: the nodes count, and only totals are sent. Counting starts and stops at the same \
            moment everywhere. docs/internals/counting.md tells how each is made.

            Examples:
              fleetrace stat -e sched:sched_switch,page-faults --on all --for 10s
              fleetrace stat -e 'block:*' --by node --interval 1s -- sleep 10
              fleetrace stat -e instructions:u,cycles:k --format csv -o counts.csv -- make
              fleetrace stat -e sched:sched_switch --by next_comm --top 20 --for 5s
              fleetrace stat -e sched:sched_switch --by comm,cpu --way ebpf --for 5s
              fleetrace stat -e syscalls:sys_enter_openat --by filename.ustring,comm --top 20 --for 5s
              fleetrace stat -e kmem:kmalloc --by cgroup,comm --sum bytes_alloc --max bytes_alloc --for 5s
              fleetrace stat -e block:block_rq_issue --by stack --top 5 --for 5s
              fleetrace stat -e rawtp:sys_enter --by arg1,comm --top 10 --for 5s
              fleetrace stat -e syscalls:sys_exit_read --hist ret --local 2 --for 2s
              fleetrace stat -p 'uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:malloc size=$arg1' --hist size --for 1s
              fleetrace stat --function 'tcp_*' --top 20 --for 5s
              fleetrace stat --latency syscalls:sys_enter_nanosleep,syscalls:sys_exit_nanosleep --by node --for 5s
              fleetrace stat --latency block:block_rq_issue,block:block_rq_complete --match dev,sector --for 10s
            """)

    @OptionGroup var count: CountOptions
    @OptionGroup var force: ForceOption
    @OptionGroup var nodes: NodeOptions

    @OptionGroup var length: LengthOption

    @Option(
        help: "Print what was counted in each interval of this length, e.g. 1s; at least 10ms.",
        transform: DurationArgument.parse)
    var interval: Duration?

    @Option(help: "table, json (one object a line) or csv.")
    var format = CountFormat.table

    @OptionGroup var partiality: PartialOption

    @OptionGroup var privacy: PrivacyOption

    @Option(name: [.short, .long], help: "Write the counts to this file in place of stdout.")
    var output: String?

    @OptionGroup var accompanied: CommandOptions

    func validate() throws {
        if let interval, interval < WireCountRequest.shortestInterval {
            throw ValidationError("--interval: at least \(WireCountRequest.shortestInterval.wholeMilliseconds)ms")
        }
        if accompanied.follow {
            throw ValidationError("--follow is for trace and record: counts are of everything that runs")
        }
        _ = try request()
    }

    private func request() throws -> WireOpenSession {
        var request = WireOpenSession()
        request.selectors = nodes.on
        request.forceProbes = force.isForced
        request.partial = partiality.isPartial
        request.private = privacy.isPrivate
        request.lengthNs = UInt64(clamping: (length.duration ?? .zero).wholeNanoseconds)
        try count.fill(&request, interval: interval ?? .zero, isForPrograms: format != .table)
        return request
    }

    func run() async throws {
        let request = try request()
        var layout = CountLayout(
            request.count, isByNode: count.isByNode, top: count.top,
            width: output == nil ? TerminalWidth.current : nil)
        layout.values = count.values.columns
        let printer = CountPrinter(layout, format: format)
        let stream = try CommandError.catching { try OutputFile.open(output) }
        // On a terminal a person reads both.
        let separates = output == nil && !(format == .table && isatty(STDOUT_FILENO) == 1)
        let session = OwnedSession(
            request: request, access: nodes.access, timeLimit: length.duration, command: accompanied.words,
            leavesRunning: accompanied.leaveRunning, separatesOutput: separates, needsOutput: output == nil)
        try await session.run { opened in CountConsumer(opened, request.count, printer, output: stream) }
    }
}
