import ArgumentParser
import FleetView
import OperatorClient
import TraceProtocol

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End a session that runs, whoever started it.",
        discussion: """
            All nodes stop at one moment and send what they still hold. The command returns when the session has ended, and \
            says how. A detached session stays at the controller: 'report' and 'fetch' read it there.

            Example:
              fleetrace stop weekly
            """)

    @OptionGroup var session: SessionArgument

    /// How many times it is looked whether the session has ended, with a pause between: a controller gives nodes up
    /// before that.
    private static let looks = 300
    private static let pause = Duration.milliseconds(200)

    func run() async throws {
        try await session.connection.access.withClient { client in
            let id = try await client.stopSession(session.session)
            for _ in 0..<Self.looks {
                let found = try await client.sessions().first { $0.session == id }
                guard let found else { return try put(["session \(String(id, radix: 16)) has ended"]) }
                guard found.isRunning else { return try put(Self.lines(found, session.connection.hint)) }
                try await Task.sleep(for: Self.pause)
            }
            throw CommandError(
                "session \(String(id, radix: 16)) was told to stop and has not ended yet (fleetrace sessions shows it)")
        }
    }

    /// - Parameter options: how to reach the controller.
    static func lines(_ session: WireSessionDescription, _ options: String) -> [String] {
        [
            "session \(session.identifier) has ended: \(session.state), \(Quantity.bytes(session.storedBytes))",
            "print it:  fleetrace report \(session.calling)\(options)",
            "copy it:   fleetrace fetch \(session.calling) -o DIR\(options)",
        ]
    }
}
