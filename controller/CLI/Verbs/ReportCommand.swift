import ArgumentParser
import Glibc
import SessionStore
import SystemPackage
import Timeline

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print a recorded session, merged, or a trace.dat file.",
        discussion: """
            Examples:
              fleetrace report s1 --node web-1 --since 1.5s --until 2s
              fleetrace report s1 --where 'prev_comm ~ "postgres*"' --format json
              fleetrace report s1 --summary
              fleetrace report trace.dat --format ftrace
            """)

    @Argument(help: "The session's directory, or a trace.dat file.")
    var session: String

    @Option(help: "Only this node; may be repeated.")
    var node: [String] = []

    @Option(help: "Only this CPU; may be repeated.")
    var cpu: [UInt32] = []

    @Option(help: "From this time on: a span after the first event (1.5s), or seconds since the epoch (@1700000000.5).")
    var since: Moment?

    @Option(help: "Up to this time.")
    var until: Moment?

    @Option(name: .customLong("where"), help: "Only events for which this holds, e.g. 'prev_pid != 0'.")
    var condition: String?

    @Option(help: "default, ftrace (the kernel's own lines) or json (one object a line).")
    var format = OutputFormat.default

    @Flag(help: "Print the account of every node and CPU instead of the events.")
    var summary = false

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        try CommandError.catching {
            if RecordingFile.isOne(session) { try reportRecording() } else { try reportSession() }
        }
    }

    private var filter: TimelineFilter {
        var filter = TimelineFilter(condition: condition)
        filter.nodes = Set(node)
        filter.cpus = Set(cpu)
        filter.since = since?.moment
        filter.until = until?.moment
        return filter
    }

    /// A trace.dat file, as its kernel's own `trace` file.
    private func reportRecording() throws {
        guard format != .json, node.isEmpty, since == nil, until == nil, condition == nil, !summary else {
            throw CommandError("for trace.dat files only --cpu and --format ftrace are built yet")
        }
        let report = try RecordingReport(path: session, filter: filter, output: .standardOutput)
        do {
            try report.run()
        } catch let error as OutputError where error.isClosedPipe {
            return
        }
        guard report.damage.isEmpty else {
            for line in report.damage { say("problem: \(line)") }
            throw ExitCode.failure
        }
    }

    private func reportSession() throws {
        let directory = try SessionDirectory.open(FilePath(session))
        for name in node where !directory.description.nodes.contains(name) {
            throw CommandError(
                "the session has no node \"\(name)\" (it has \(directory.description.nodes.joined(separator: ", ")))")
        }
        let replay = SessionReplay(
            directory, format: format, filter: filter, output: summary ? nil : .standardOutput)
        let account: SessionAccount
        do {
            account = try replay.run()
        } catch let error as OutputError where error.isClosedPipe {
            return
        }
        if summary { print(account.table().joined(separator: "\n")) }
        try Verdict(account: account, damage: replay.damage, problem: directory.problem ?? replay.mistake).exit()
    }
}

/// `--since` and `--until`.
struct Moment: ExpressibleByArgument {
    var moment: TimelineMoment

    init?(argument: String) {
        if argument.hasPrefix("@") {
            guard let seconds = Double(argument.dropFirst()), seconds.magnitude < 9e9 else { return nil }
            moment = .epoch(Int64(seconds * 1e9))
        } else {
            guard let span = Span(argument: argument) else { return nil }
            moment = .offset(span.nanoseconds)
        }
    }
}

extension SessionDirectory {
    /// What its manifest says of its end, when that was not in order.
    var problem: String? {
        switch description.state {
        case "complete": nil
        case "recording": "the session was cut off while it was being recorded"
        default: description.state
        }
    }
}
