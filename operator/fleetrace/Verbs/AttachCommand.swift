import ArgumentParser
import OperatorClient
import Timeline
import TraceProtocol

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Watch a session that somebody else runs, from its beginning.",
        discussion: """
            Ctrl-C stops watching; the session goes on.

            Example:
              fleetrace attach 4f069e1b --where 'prev_comm ~ "postgres*"'
            """)

    @Argument(help: "The session's number, its beginning, or its name (see 'fleetrace sessions').")
    var session: String

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "default, ftrace (the kernel's own lines) or json (one object a line).")
    var format = OutputFormat.default

    @Option(name: .customLong("where"), help: "Print only events for which this holds.")
    var condition: String?

    func run() async throws {
        try await connection.access.withConnector { connect, interrupts in
            let client = try await connect()
            let inbox = SessionInbox()
            let (attached, description) = try await interrupts.race { [self] in
                try await OperatorSession.attach(to: try await find(client).session, on: client, inbox: inbox)
            }
            interrupts.forward { inbox.put(.interrupted) }
            try OutputStream.standardOutput.whenReaderEnds { inbox.put(.outputClosed) }
            let filter = TimelineFilter(condition: condition)
            try await attached.run { [format] in
                TraceConsumer(description, format: format, filter: filter)
            }.exit()
        }
    }

    private func find(_ client: ControllerClient) async throws -> WireSessionDescription {
        let running = try await client.sessions()
        let found = running.filter { $0.identifier.hasPrefix(session) || $0.name == session }
        guard let first = found.first, found.count == 1 else {
            let known = running.map(\.identifier).joined(separator: ", ")
            throw CommandError(
                found.isEmpty
                    ? "no session \"\(session)\" is running (running: \(known.isEmpty ? "none" : known))"
                    : "\"\(session)\" fits \(found.count) sessions: \(found.map(\.identifier).joined(separator: ", "))")
        }
        return first
    }
}
