import OperatorClient
import Timeline
import TraceProtocol

/// A session from the command line, from its request to the exit status: what `trace`, `record` and `stat` do.
struct OwnedSession {
    var request: WireOpenSession
    var access: ControllerAccess
    /// nil: until Ctrl-C, or until the command ends.
    var timeLimit: Duration?
    /// A command to run meanwhile; may be empty.
    var command: [String] = []
    /// Without a reader of stdout there is nothing left to do. Otherwise the session is then stopped in order.
    var needsOutput = true

    func run(_ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer) async throws {
        try await access.withConnector { connect, interrupts in
            let client = try await connect()
            let inbox = SessionInbox()
            let (session, opened) = try await open(client, inbox, connect.redialing, interrupts)
            interrupts.forward { inbox.put(.interrupted) }
            // Also while nothing is printed.
            try OutputStream.standardOutput.whenReaderEnds { inbox.put(.outputClosed) }
            try startCommand(inbox)
            try await session.run(for: timeLimit, needsOutput: needsOutput, say: { say($0) }) { try consumer(opened) }
                .exit()
        }
    }

    /// A signal that comes before the session runs ends the command: the controller takes down what there is of it.
    ///
    /// - Parameter ending: what ends the session, for people.
    func open(
        _ client: ControllerClient, _ inbox: SessionInbox, _ redialing: Redialing?, _ interrupts: Interrupts,
        ending: String = "Ctrl-C ends it"
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        do {
            let (session, opened) = try await interrupts.race { [request] in
                try await OperatorSession.open(request, on: client, inbox: inbox, redialing: redialing)
            }
            for line in RefusalText.lines(opened.replies) + StartText.lines(opened, ending: ending) { say(line) }
            return (session, opened)
        } catch is Interrupted {
            await client.close()
            throw CommandError("interrupted before the session had started: nothing of it is kept")
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
