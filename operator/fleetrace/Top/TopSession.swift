import EndingSignals
import FleetView
import OperatorClient
import SystemFacts
import Timeline
import TraceProtocol

/// `fleetrace top` while it runs: counts from the nodes, keys and size from the terminal, the model's lines to it.
struct TopSession {
    var selectors: [String]
    /// As -e has them; empty for the usual ones.
    var events: [String]
    var interval: Duration
    /// nil: until a key or a signal ends it.
    var timeLimit: Duration?
    var connect: ControllerAccess.Connector

    /// The list of nodes is requested at most this often.
    private static let shortestPoll = Duration.seconds(1)

    func run() async throws {
        let (events, continuation) = AsyncStream<TopEvent>.makeStream()
        let signals = await SignalWatch(.ending + [.sigwinch]) {
            continuation.yield($0 == .sigwinch ? .resized : .stop)
        }
        defer { signals.cancel() }
        let client = try await connect()
        let (session, opened) = try await open(client)
        try session.forEachReport {
            continuation.yield(.counts($0))
        } onEnd: {
            continuation.yield(.ended($0.reason))
        }
        let tasks = [poll(client, continuation), timer(continuation)]
        defer { for task in tasks { task.cancel() } }
        do {
            try await show(FleetRates(opened), events, continuation)
        } catch {
            await session.cancel()
            throw error
        }
        await session.cancel()
    }

    private func open(
        _ client: ControllerClient
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        let chosen =
            events.isEmpty
            ? try await TopEvents.usual(on: selectors, client)
            : try await TopEvents.choose(events, on: selectors, client)
        do {
            let (session, opened) = try await OperatorSession.open(
                chosen.request(on: selectors, interval: interval), on: client)
            for line in RefusalText.lines(opened.replies) { say(line) }
            return (session, opened)
        } catch let error as SessionNotStarted {
            for line in error.lines { say(line) }
            throw CommandError("no node can count that")
        }
    }

    // MARK: Events besides the counts

    /// What the controller knows of the nodes, at every interval.
    private func poll(
        _ client: ControllerClient, _ continuation: AsyncStream<TopEvent>.Continuation
    ) -> Task<Void, any Error> {
        Task { [interval] in
            while true {
                var list = WireNodeList()
                list.nodes = try await client.nodes()
                continuation.yield(.nodes(list))
                try await Task.sleep(for: max(interval, Self.shortestPoll))
            }
        }
    }

    /// Runs by the clock, however long the controller takes for its replies.
    private func timer(_ continuation: AsyncStream<TopEvent>.Continuation) -> Task<Void, any Error> {
        Task { [timeLimit] in
            guard let timeLimit else { return }
            try await Task.sleep(for: timeLimit)
            continuation.yield(.stop)
        }
    }

    // MARK: Output

    private func show(
        _ rates: FleetRates, _ events: AsyncStream<TopEvent>, _ continuation: AsyncStream<TopEvent>.Continuation
    ) async throws {
        guard let terminal = Terminal() else { return try await Self.print(rates, events) }
        var screen = TopScreen(
            rates, terminal, tasks: TaskCount(selectors: selectors, connect: connect, events: continuation))
        try await screen.run(events, continuation)
    }

    /// Without a terminal: plain rows at every interval.
    private static func print(_ start: FleetRates, _ events: AsyncStream<TopEvent>) async throws {
        var rates = start
        for await event in events {
            switch event {
            case .counts(let report):
                rates.ingest(report)
                if rates.isComplete { try put(rates.plainLines(clock: TimeOfDay.text(.now))) }
            case .nodes(let nodes): rates.ingest(nodes)
            case .stop: return
            case .ended(let reason): throw CommandError(reason)
            case .keys, .resized, .tasks, .tasksEnded, .terminalGone: break
            }
        }
    }
}
