import ArgumentParser
import Glibc
import Timeline
import TraceProtocol

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Trace nodes together and print one merged timeline, live.",
        discussion: """
            Each line states the time of day, by how much it can be wrong at most, the node, CPU, task and event. \
            Ctrl-C stops the trace on all nodes and prints totals.

            Examples:
              fleetrace trace -e sched:sched_switch -f 'sched:sched_switch: prev_pid != 0' --on role=db --for 10s
              fleetrace trace --local 2 -e sched:sched_process_exec -- make
              fleetrace trace --local 1 -e 'syscalls:sys_enter_*' --follow -o calls.txt -- make
              fleetrace trace -p 'kprobe:do_filp_open path=+0(+0($arg2)):string' \\
                  -f 'kprobe:do_filp_open: path ~ "/etc/*"' --on all --start-in 2s --for 10s
              fleetrace trace --function 'vfs_*' --on role=db --for 1s
              fleetrace trace --graph vfs_read --depth 5 --format graph --for 1s
              fleetrace trace -p 'uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:malloc size=$arg1' --comm nginx \\
                  --stack uprobe:malloc --for 1s
            """)

    @OptionGroup var session: SessionOptions

    @Option(
        help: """
            default, graph (trees of function calls), ftrace (the kernel's own lines) or json (one object a line). \
            With --graph on one node, ftrace is the default.
            """)
    var format: OutputFormat?

    @Option(
        name: .customLong("where"), help: "Print only events for which this holds, e.g. 'prev_comm ~ \"postgres*\"'.")
    var condition: String?

    @Option(name: [.short, .long], help: "Write the timeline to this file in place of stdout.")
    var output: String?

    @OptionGroup var times: TimeOptions

    @OptionGroup var clock: ClockOptions

    func validate() throws {
        try ConditionSyntax.check(condition)
        try times.check(format ?? .default)
    }

    func run() async throws {
        let filter = TimelineFilter(condition: condition)
        let (stream, isPeoples) = (
            try CommandError.catching { try OutputFile.open(output) }, format ?? .default == .default
        )
        // On a terminal a person reads both.
        let separates = output == nil && !(isPeoples && isatty(STDOUT_FILENO) == 1)
        try await session.session(needsOutput: output == nil, separatesOutput: separates).run {
            [format, times] opened in
            let description = opened.sessionDescription
            return TraceConsumer(
                description, format: format ?? description.usualFormat, filter: filter, output: stream, clock: clock,
                times: times.display)
        }
    }
}

extension WireSessionDescription {
    /// Call trees of one node are the kernel's own; those of several are told apart on the lines of a timeline.
    fileprivate var usualFormat: OutputFormat { functionTrace.isGraph && nodes.count == 1 ? .ftrace : .default }
}
