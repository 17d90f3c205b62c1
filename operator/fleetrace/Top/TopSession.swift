import FleetView
import OperatorClient
import SystemFacts
import Timeline
import TraceProtocol

/// `fleetrace top` while it runs: counts from the nodes, keys and size from the terminal, the model's lines to it.
/// `OperatorSessionState` decides its end.
struct TopSession {
    var selectors: [String]
    /// As -e has them; empty for the usual ones.
    var events: [String]
    var interval: Duration
    /// nil: until a key or a signal ends it.
    var timeLimit: Duration?
    var connect: Connector
    var interrupts: Interrupts

    /// The list of nodes is requested at most this often.
    private static let shortestPoll = Duration.seconds(1)

    func run() async throws {
        let client = try await connect()
        let inbox = SessionInbox()
        let (session, opened) = try await interrupts.race { [self] in try await open(client, inbox) }
        interrupts.forward { inbox.put(.interrupted) }
        let rates = FleetRates(opened)
        let account = RateAccount(rates)
        let ending =
            if let terminal = Terminal() {
                try await show(session, rates, terminal, inbox, account)
            } else {
                try await printRows(session, rates, inbox, account)
            }
        // Whoever looks wants no account of what was counted, but hears of nodes that did not count.
        if case .looked = ending { try account.verdict.exit() }
        try ending.exit()
    }

    private func open(
        _ client: ControllerClient, _ inbox: SessionInbox
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        let chosen =
            events.isEmpty
            ? try await TopEvents.usual(on: selectors, client)
            : try await TopEvents.choose(events, on: selectors, client)
        do {
            let (session, opened) = try await OperatorSession.open(
                chosen.request(on: selectors, interval: interval), as: .onlooker, on: client, inbox: inbox,
                redialing: connect.redialing)
            for line in RefusalText.lines(opened.replies) { say(line) }
            return (session, opened)
        } catch let error as SessionNotStarted {
            for line in error.lines { say(line) }
            throw CommandError("no node can count that")
        }
    }

    // MARK: Output

    private func show(
        _ session: OperatorSession, _ rates: FleetRates, _ terminal: Terminal, _ inbox: SessionInbox,
        _ account: RateAccount
    ) async throws -> SessionEnding {
        let (events, continuation) = AsyncStream<TopEvent>.makeStream()
        interrupts.onResize { continuation.yield(.resized) }
        let poll = poll(session) { continuation.yield(.nodes($0)) }
        defer { poll.cancel() }
        let screen = Task {
            do {
                let tasks = TaskCount(selectors: selectors, connect: connect, events: continuation)
                var screen = TopScreen(rates, terminal, tasks: tasks)
                try await screen.run(events, continuation) { inbox.put(.interrupted) }
            } catch {
                inbox.put(.consumerFailed(error))
            }
        }
        let ending = try await session.run(for: timeLimit, say: { continuation.yield(.remark($0)) }) {
            ScreenFeed(continuation, account)
        }
        continuation.finish()
        await screen.value
        return ending
    }

    private func printRows(
        _ session: OperatorSession, _ rates: FleetRates, _ inbox: SessionInbox, _ account: RateAccount
    ) async throws -> SessionEnding {
        try OutputStream.standardOutput.whenReaderEnds { inbox.put(.outputClosed) }
        let nodes = LatestNodes()
        let poll = poll(session) { nodes.put($0) }
        defer { poll.cancel() }
        let ending = try await session.run(for: timeLimit, say: { say($0) }) { PlainRateRows(rates, nodes, account) }
        if case .looked = ending, timeLimit != nil, !account.hasRates {
            throw CommandError(
                "no rates came in the time of --for: the first come after an interval of "
                    + "\(Int(interval / .milliseconds(1))) ms (shorten --interval or lengthen --for)")
        }
        return ending
    }

    /// What the controller knows of the nodes, at every interval. While there is no connection, the last list stays.
    private func poll(
        _ session: OperatorSession, _ body: @escaping @Sendable (WireNodeList) -> Void
    ) -> Task<Void, any Error> {
        Task { [interval] in
            while true {
                var list = WireNodeList()
                if let nodes = try? await session.connection.nodes() {
                    list.nodes = nodes
                    body(list)
                }
                try await Task.sleep(for: max(interval, Self.shortestPoll))
            }
        }
    }
}
