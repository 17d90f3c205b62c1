import ArgumentParser
import FleetView
import Glibc
import OperatorClient
import Timeline
import TraceProtocol

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Watch a session that runs, from its beginning, or one that the controller keeps.",
        discussion: """
            Ctrl-C stops watching; the session goes on. When the connection breaks, the command connects again and goes on \
            with the next event.

            A session that has ended is copied to /var/tmp first, as for 'fleetrace report': its later clock probes bound \
            its earlier events.

            Examples:
              fleetrace attach weekly
              fleetrace attach 4f069e1b --where 'prev_comm ~ "postgres*"'
            """)

    @OptionGroup var session: SessionArgument

    @Option(
        help: "default, graph (trees of function calls), ftrace (the kernel's own lines) or json (one object a line).")
    var format = OutputFormat.default

    @Option(name: .customLong("where"), help: "Print only events for which this holds.")
    var condition: String?

    @OptionGroup var times: TimeOptions

    @OptionGroup var clock: ClockOptions

    func validate() throws {
        try ConditionSyntax.check(condition)
        try times.check(format)
    }

    func run() async throws {
        let filter = TimelineFilter(condition: condition)
        try await session.connection.access.withConnector { connect, interrupts in
            let attached = AttachedSession(
                name: session.session, role: .watcher, connect: connect, interrupts: interrupts)
            do {
                try await attached.run(check: Self.check) { [format, clock, times] in
                    TraceConsumer($0, format: format, filter: filter, clock: clock, times: times.display)
                }.exit()
            } catch is SessionHasEnded {
                try await report(filter, connect, interrupts)
            }
        }
    }

    /// Its log is read twice, first for what it says of clocks.
    private struct SessionHasEnded: Error {}

    private static func check(_ description: WireSessionDescription) throws {
        guard description.isRunning else { throw SessionHasEnded() }
    }

    private func report(_ filter: TimelineFilter, _ connect: Connector, _ interrupts: Interrupts) async throws {
        do {
            try await StoredInput.withPaths(
                of: [session.session], isStored: { _ in true }, interruptedStatus: 0, connect, interrupts
            ) { paths, folder in
                let report = try TimelineReport(
                    paths.map { try ReportInput(path: $0) }, format: format, filter: filter, output: .standardOutput,
                    jobs: ReportCommand.usualJobs, wander: clock.wander, times: times.display)
                try OutputStream.standardOutput.whenReaderEnds {
                    folder.remove()
                    _exit(0)
                }
                let account = try report.run()
                for line in account.lines() { say(line) }
                try Verdict(account, problem: report.filterError).exit()
            }
        } catch is Interrupted {
            // Watching ends without harm at any time.
        }
    }
}
