import ArgumentParser
import CommandArguments
import Glibc
import OperatorClient
import SessionStore
import SystemFacts
import Timeline

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print recorded sessions and trace.dat files, merged.",
        discussion: """
            An input that is no path here is a session that the controller keeps, by its name or number. It is copied to \
            /var/tmp for the report, and decoded here. The folder of a recording in parts ('record --rotate') stands for all of its parts.

            Examples:
              fleetrace report s1 --node web-1 --since 1.5s --until 2s
              fleetrace report s1 --where 'prev_comm ~ "postgres*"' --format json
              fleetrace report s1 --summary
              fleetrace report s1 --since 18:33:51.5 --until 18:33:52
              fleetrace report trace.dat --format ftrace
              fleetrace report host.dat guest.dat
              fleetrace report s1 --node web-1 --comm 'nginx*' --around 1.5s 5ms
              fleetrace report weekly --summary
              fleetrace report s1 --clock hard
              fleetrace report s1 --causal rpc:send:id=rpc:receive:id --summary
              fleetrace report s1 --pairs messages.txt
              fleetrace report s1 --relative --delta
              fleetrace report s4/part-000002
            """)

    @Argument(
        help: ArgumentHelp(
            "Sessions' directories, trace.dat files, and sessions that the controller keeps.",
            valueName: "session|file.dat"))
    var inputs: [String]

    @Option(help: "Only this node (of a trace.dat file: its name); may be repeated.")
    var node: [String] = []

    @Option(help: "Only this CPU; may be repeated.")
    var cpu: [UInt32] = []

    @Option(help: "Only events of tasks with this name, which may be a pattern ('nginx*'); may be repeated.")
    var comm: [String] = []

    @Option(help: "Only events of the task (thread) with this number; may be repeated.")
    var pid: [Int32] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            A moment as for --since, and how far to look before and after it (default: 5ms). With --node: what the \
            other nodes did then is shown too; --cpu, --comm and --pid select events of that node only.
            """, valueName: "time span"))
    var around: [String] = []

    @Option(
        help: """
            From this time on: a span after the first event (1.5s), a time as it is printed (18:33:51.5, or with its date \
            2026-11-28T18:33:51.5), seconds as they are printed where there is no time of day (8531.25), or seconds since the epoch (@1700000000.5).
            """)
    var since: MomentArgument?

    @Option(help: "Up to this time.")
    var until: MomentArgument?

    @Option(name: .customLong("where"), help: "Only events for which this holds, e.g. 'prev_pid != 0'.")
    var condition: String?

    @Option(
        help: "default, graph (trees of function calls), ftrace (the kernel's own lines) or json (one object a line).")
    var format = OutputFormat.default

    @Flag(help: "Print the account of every node and CPU instead of the events.")
    var summary = false

    @Option(help: "How many threads share the work (by default as many as there are CPUs to run on).")
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            """
            Type information (BTF) of the kernel that a trace.dat file is from, /sys/kernel/btf/vmlinux there: for the \
            arguments of functions, where the file does not have it.
            """, valueName: "file"))
    var btf: String?

    @OptionGroup var times: TimeOptions

    @OptionGroup var clock: ClockOptions

    @OptionGroup var messages: MessageOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("name a session's directory or a trace.dat file") }
        if !around.isEmpty {
            guard around.count <= 2, window != nil else {
                throw ValidationError(
                    "--around takes a moment and a span (1.5s 5ms, @1700000000.5 20ms); the session comes before it")
            }
            guard since == nil, until == nil else { throw ValidationError("--around goes without --since and --until") }
        }
        try ConditionSyntax.check(condition, comms: comm)
        try times.check(format)
        if let jobs, !(1...Self.mostJobs).contains(jobs) {
            throw ValidationError("--jobs takes a number from 1 to \(Self.mostJobs)")
        }
    }

    /// The thread that merges cannot keep more than this busy.
    private static let mostJobs = 64

    /// As many threads as there are CPUs to run on.
    static var usualJobs: Int { min(max(1, CPUAffinity.currentThread().count), mostJobs) }

    func run() async throws {
        guard inputs.contains(where: StoredInput.isNoPath) else {
            signal(SIGPIPE, SIG_IGN)
            return try CommandError.catching { try report(inputs) }
        }
        try await connection.access.withConnector { connect, interrupts in
            try await StoredInput.withPaths(of: inputs, connect, interrupts) { paths, folder in
                try report(paths) { folder.remove() }
            }
        }
    }

    /// - Parameter atEnd: what is to be done when nobody reads the output any longer.
    private func report(_ paths: [String], atEnd: @escaping @Sendable () -> Void = {}) throws {
        let types = try btf.map { try TypeInformationFile.read($0) } ?? []
        let opened = try paths.flatMap(RecordingParts.expanded).map { try ReportInput(path: $0, types: types) }
        let report = try TimelineReport(
            opened, format: format, filter: filter, output: summary ? nil : .standardOutput,
            jobs: jobs ?? Self.usualJobs, wander: clock.wander, causal: messages.options, times: times.display)
        for line in report.assumptions { say("note: \(line)") }
        // Nothing is left to do then, however long the rest would take.
        try OutputStream.standardOutput.whenReaderEnds {
            atEnd()
            _exit(0)
        }
        let account = try report.run()
        let found = report.findings?.lines ?? []
        if summary { try put(account.table() + found) } else { for line in found { say(line) } }
        try Verdict(account, report.findings, problem: report.filterError).exit()
    }

    /// What `--around` selects; nil when it is absent or malformed.
    private var window: (since: TimelineMoment, until: TimelineMoment)? {
        guard let text = around.first, let center = MomentArgument(argument: text)?.moment(isUTC: times.isUTC),
            let reach = around.count > 1 ? try? DurationArgument.parse(around[1]) : Self.usualReach
        else { return nil }
        return (center.moved(by: .zero - reach), center.moved(by: reach))
    }

    private static let usualReach = Duration.milliseconds(5)

    private var filter: TimelineFilter {
        var filter = TimelineFilter(condition: condition)
        filter.nodes = Set(node)
        filter.cpus = Set(cpu)
        filter.comms = comm
        filter.pids = Set(pid)
        filter.since = window?.since ?? since?.moment(isUTC: times.isUTC)
        filter.until = window?.until ?? until?.moment(isUTC: times.isUTC)
        filter.includesOthers = !around.isEmpty
        return filter
    }
}
