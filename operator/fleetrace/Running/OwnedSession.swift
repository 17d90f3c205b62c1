import OperatorClient
import TraceProtocol

/// A session from the command line, from its request to the exit status: what `trace`, `record` and `stat` do.
struct OwnedSession {
    var request: WireOpenSession
    var access: ControllerAccess
    /// nil: until Ctrl-C, or until the command ends.
    var timeLimit: Duration?
    /// A command to run meanwhile; may be empty.
    var command: [String] = []

    func run(_ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer) async throws {
        try await access.withConnector { connect in
            let client = try await connect()
            // From before the session exists: Ctrl-C must always stop it in order.
            let inbox = SessionInbox()
            let signals = await SignalWatch { _ in inbox.put(.interrupted) }
            defer { signals.cancel() }
            let (session, opened) = try await open(client, inbox)
            try startCommand(inbox)
            try await session.run(for: timeLimit) { try consumer(opened) }.exit()
        }
    }

    private func open(
        _ client: ControllerClient, _ inbox: SessionInbox
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        do {
            let (session, opened) = try await OperatorSession.open(request, on: client, inbox: inbox)
            for line in RefusalText.lines(opened.replies) + StartText.lines(opened) { say(line) }
            return (session, opened)
        } catch let error as SessionNotStarted {
            for line in error.lines { say(line) }
            throw CommandError(
                error.isEverywhere
                    ? "no node can run this session" : "nothing was started; --partial goes on with the nodes that can")
        }
    }

    private func startCommand(_ inbox: SessionInbox) throws {
        guard !command.isEmpty else { return }
        let child = try ChildProcess(command)
        Task { inbox.put(.commandEnded(status: await child.exit())) }
    }
}
