import ArgumentParser
import CommandArguments
import CountReport
import TraceProtocol

struct StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Count events on many nodes together, as perf stat -a does on one.",
        discussion: """
            Counts are exact and cost next to nothing: the nodes count, and only totals travel. Counting starts and stops \
            at the same moment everywhere. docs/internals/counting.md says how each is made.

            Examples:
              fleetrace stat -e sched:sched_switch,page-faults --on all --for 10s
              fleetrace stat -e 'block:*' --by node --interval 1s -- sleep 10
              fleetrace stat -e sched:sched_switch --by next_comm --top 20 --for 5s
              fleetrace stat -e syscalls:sys_exit_read --hist ret --local 2 --for 2s
              fleetrace stat -p 'uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:malloc size=$arg1' --hist size --for 1s
              fleetrace stat --latency syscalls:sys_enter_nanosleep,syscalls:sys_exit_nanosleep --by node --for 5s
            """)

    @OptionGroup var count: CountOptions
    @OptionGroup var place: PlaceOptions

    @Option(
        name: .customLong("for"),
        help: "How long, e.g. 500ms, 10s, 2m. Without it: until Ctrl-C, or until the command ends.")
    var duration: Span?

    @Option(help: "Print what each stretch of this length counted, e.g. 1s; at least 10ms.")
    var interval: Span?

    @Option(help: "table, json (one object a line) or csv.")
    var format = CountFormat.table

    @Flag(help: "Go on with the nodes that can, when some cannot.")
    var partial = false

    @Argument(parsing: .postTerminator, help: "A command to run meanwhile; counting ends when it does.")
    var command: [String] = []

    func validate() throws {
        if let interval, interval.nanoseconds < Int64(WireCountRequest.shortestInterval) * 1_000_000 {
            throw ValidationError("--interval: at least \(WireCountRequest.shortestInterval)ms")
        }
        _ = try order()
    }

    private func order() throws -> WireOpenSession {
        var order = WireOpenSession()
        order.selectors = place.on
        order.partial = partial
        try count.fill(&order, interval: interval?.nanoseconds ?? 0, isForPrograms: format != .table)
        return order
    }

    func run() async throws {
        let order = try order()
        let layout = CountLayout(
            order.count, isByNode: count.isByNode, top: count.top, width: TerminalWidth.current)
        let printer = CountPrinter(layout, format: format)
        let run = SessionRun(order: order, place: place, duration: duration, command: command)
        try await run.run { opened in CountConsumer(opened, order.count, printer) }
    }
}

extension CountFormat: ExpressibleByArgument {}
