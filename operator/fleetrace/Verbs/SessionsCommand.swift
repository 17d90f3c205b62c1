import ArgumentParser
import FleetView
import NIOPosix
import TraceProtocol

struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List the sessions that run now.",
        discussion: """
            Example:
              fleetrace sessions
              fleetrace attach 4f069e1b
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await CommandError.catching {
            let client = try await connection.connect(group: group)
            guard case .sessions(let list) = try await client.request(.listSessions(WireListSessions())) else { return }
            var rows = [["SESSION", "NAME", "OPERATOR", "STATE", "NODES", "EVENTS"]]
            for session in list.sessions {
                rows.append([
                    session.identifier, session.name, session.operator, session.state, "\(session.nodes.count)",
                    session.events.joined(separator: " "),
                ])
            }
            print(TextTable.lines(rows).joined(separator: "\n"))
            await client.close()
        }
        try await group.shutdownGracefully()
    }
}

extension WireSessionDescription {
    /// The session's number as people see it.
    var identifier: String { String(session, radix: 16) }
}
