import ArgumentParser
import FleetView
import OperatorClient
import TraceProtocol

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List the sessions that run now: those that are shared, and your own.",
        discussion: """
            Example:
              fleetrace sessions
              fleetrace attach 4f069e1b
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.access.withClient { client in
            var rows = [["SESSION", "NAME", "OPERATOR", "SEEN BY", "STATE", "NODES", "EVENTS"]]
            for session in try await client.sessions() {
                rows.append([
                    session.identifier, session.name, session.operator, session.private ? "owner, admins" : "all",
                    session.state, "\(session.nodes.count)",
                    session.events.joined(separator: " "),
                ])
            }
            try put(TextTable.lines(rows))
        }
    }
}

extension WireSessionDescription {
    /// The session's id as people see it.
    var identifier: String { String(session, radix: 16) }
}
