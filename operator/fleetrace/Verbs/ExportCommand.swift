import ArgumentParser
import Glibc
import OperatorClient
import SessionStore
import SystemPackage
import Timeline
import TraceProtocol

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a recorded session in another format.",
        discussion: """
            trace.dat: one file for each node, in a new directory, for trace-cmd and KernelShark.
            json: one object a line, as 'report --format json' prints them, to stdout or a new file.

            Examples:
              fleetrace export s1 --to trace.dat out
              trace-cmd report -i out/web-1.dat -i out/web-2.dat
              fleetrace export s1 --to json s1.json
              fleetrace export s1 --to json s1.json --causal rpc:send:id=rpc:receive:id
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case traceDat = "trace.dat"
        case json
    }

    @Argument(help: "The session's directory.")
    var session: String

    @Option(help: "trace.dat or json.")
    var to: Format

    @Argument(help: "The directory (trace.dat) or file (json; stdout without it) to make. Nothing is overwritten.")
    var target: String?

    @Option(help: "Only this node; may be repeated.")
    var node: [String] = []

    @OptionGroup var clock: ClockOptions

    @OptionGroup var messages: MessageOptions

    func validate() throws {
        if to == .traceDat, target == nil {
            throw ValidationError("say where to: fleetrace export \(session) --to trace.dat DIR")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        try CommandError.catching {
            let input = try ReportInput(path: session)
            guard case .session(let directory) = input else {
                throw CommandError("\(session) is a file; export takes the directory that 'record' made")
            }
            for name in node where !directory.description.nodes.contains(name) {
                throw CommandError(
                    "the session has no node \"\(name)\" (it has \(directory.description.nodes.joined(separator: ", ")))"
                )
            }
            switch to {
            case .traceDat: try exportRecordings(directory)
            case .json: try exportJSON(input)
            }
        }
    }

    private func exportRecordings(_ directory: SessionDirectory) throws {
        var export = try SessionExport(
            directory, into: FilePath(target ?? ""), nodes: Set(node), wander: clock.wander, causal: messages.options)
        var account = SessionAccount(nodes: [], epochOffset: directory.description.epochOffset)
        try export.run { node in
            account.nodes.append(node.account)
            account.faults += node.damage
            if let path = node.path { say("wrote \(path): \(node.account.received) events") }
            if node.clockTolerance > .zero {
                say("note: the times in it are within \(node.clockTolerance.wholeNanoseconds) ns of the session's")
            }
        }
        account.add(directory.description)
        for line in account.lines() + (export.findings?.lines ?? []) { say(line) }
        try Verdict(account, export.findings).exit()
    }

    private func exportJSON(_ input: ReportInput) throws {
        var output = OutputStream.standardOutput
        if let target {
            let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw errno == EEXIST
                    ? StoreError.exists(path: target) : .system("create", path: target, Errno(rawValue: errno))
            }
            output = OutputStream(descriptor: descriptor)
        }
        var filter = TimelineFilter()
        filter.nodes = Set(node)
        let report = try TimelineReport(
            [input], format: .json, filter: filter, output: output, jobs: ReportCommand.usualJobs,
            wander: clock.wander, causal: messages.options)
        try output.whenReaderEnds { _exit(0) }
        let account = try report.run()
        for line in report.findings?.lines ?? [] { say(line) }
        try Verdict(account, report.findings).exit()
    }
}
