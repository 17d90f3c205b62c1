import ArgumentParser
import FleetView
import OperatorClient
import SystemFacts

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List the sessions that run now and those that the controller keeps: shared ones and your own.",
        discussion: """
            SIZE is what its logs have on the controller's disk, AGE the time since it began. A session that is "detached" \
            belongs to the controller and goes on without its operator.

            Examples:
              fleetrace sessions
              fleetrace sessions --format json
              fleetrace attach 4f069e1b
            """)

    @Option(help: "default, or json (one object a line).")
    var format = TableFormat.default

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.access.withClient { client in
            let sessions = try await client.sessions()
            try put(
                format == .json
                    ? try SessionTable.json(sessions) : TextTable.lines(SessionTable.rows(sessions, now: .now)))
        }
    }
}
