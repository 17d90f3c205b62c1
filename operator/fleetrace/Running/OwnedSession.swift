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
    /// Only its events are wanted.
    var follows = false
    /// It may outlive the session.
    var leavesRunning = false
    /// Its stdout goes to stderr: what this command writes to stdout is data.
    var separatesOutput = false
    /// What happens to it; who consumes it may end it so.
    var inbox = SessionInbox()
    /// Without a reader of stdout there is nothing left to do. Otherwise the session is then stopped in order.
    var needsOutput = true

    func run(_ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer) async throws {
        try await access.withConnector { connect, interrupts in
            let client = try await connect()
            // Before the session is opened, which has to know its number.
            let waiting = follows ? try accompanied(waits: true) : nil
            do {
                try await run(client, waiting, connect, interrupts, consumer)
            } catch {
                waiting?.cancel()
                throw error
            }
        }
    }

    private func run(
        _ client: ControllerClient, _ waiting: AccompaniedCommand?, _ connect: Connector, _ interrupts: Interrupts,
        _ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer
    ) async throws {
        var own = self
        if let waiting {
            own.request.pids = [UInt32(waiting.pid)]
            own.request.selectors = try await SameMachine.selectors(request.selectors, client)
        }
        let (session, opened) = try await own.open(client, inbox, connect.redialing, interrupts)
        interrupts.forward { inbox.put(.interrupted) }
        // Also while nothing is printed.
        try OutputStream.standardOutput.whenReaderEnds { inbox.put(.outputClosed) }
        let command = try waiting ?? accompanied(waits: false)
        command?.begin { inbox.put(.commandEnded(status: $0)) }
        let result: Result<SessionEnding, any Error>
        do {
            result = .success(
                try await session.run(for: timeLimit, needsOutput: needsOutput, say: { say($0) }) {
                    try consumer(opened)
                })
        } catch {
            result = .failure(error)
        }
        await command?.end(leaving: leavesRunning)
        try result.get().exit()
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

    private func accompanied(waits: Bool) throws -> AccompaniedCommand? {
        guard !command.isEmpty else { return nil }
        return try AccompaniedCommand(command, waits: waits, outputToErrors: separatesOutput)
    }
}
