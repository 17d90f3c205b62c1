import ArgumentParser
import OperatorClient
import Timeline

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Watch a session that runs, from its beginning, or one that the controller keeps.",
        discussion: """
            Ctrl-C stops watching; the session goes on. When the connection breaks, the command connects again and goes on \
            with the next event.

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

    func validate() throws { try ConditionSyntax.check(condition) }

    func run() async throws {
        let filter = TimelineFilter(condition: condition)
        try await session.connection.access.withConnector { connect, interrupts in
            let attached = AttachedSession(
                name: session.session, role: .watcher, connect: connect, interrupts: interrupts)
            try await attached.run { [format] in TraceConsumer($0, format: format, filter: filter) }.exit()
        }
    }
}
