import CommandArguments
import ControllerCore
import FleetView
import OperatorClient
import SystemFacts
import Timeline
import TraceProtocol
import UnixSignals

/// `fleetrace top` while it runs: counts on the nodes, keys and size from the terminal, the model's lines to it.
struct TopRun {
    var on: [String]
    var events: [String]
    var interval: Span
    var duration: Span?
    var connect: () async throws -> ControllerClient

    /// What happens to it.
    enum Event: Sendable {
        case keys([Key])
        case resized
        case stop
        case counts(WireCountReport)
        case nodes(WireNodeList)
        /// Of the count by task that was opened last.
        case tasks(number: Int, WireCountReport)
        /// That count has ended, and why.
        case tasksEnded(number: Int, String)
        case ended(String)
        case terminalGone
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigwinch)
        let client = try await connect()
        let chosen =
            events.isEmpty
            ? try await TopEvents.usual(on: on, client) : try await TopEvents.choose(events, on: on, client)
        let opened = try await open(chosen, client)
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let watch = Task {
            for await signal in signals { continuation.yield(signal == .sigwinch ? .resized : .stop) }
        }
        Worker.start { Self.read(client.queue, continuation) }
        let poll = Task { [interval] in try await Self.poll(client, every: interval, continuation) }
        // By the clock, however long the controller takes for its answers.
        let end = Task { [duration] in
            guard let duration else { return }
            try await Task.sleep(for: .nanoseconds(duration.nanoseconds), clock: .continuous)
            continuation.yield(.stop)
        }
        defer {
            watch.cancel()
            poll.cancel()
            end.cancel()
        }
        let rates = FleetRates(opened)
        do {
            if let terminal = Terminal() {
                var screen = TopScreen(rates, terminal, run: self, continuation)
                try await screen.run(events)
            } else {
                try await Self.print(rates, events)
            }
        } catch {
            await stop(opened, client)
            throw error
        }
        await stop(opened, client)
    }

    private func open(_ chosen: TopEvents, _ client: ControllerClient) async throws -> WireSessionOpened {
        let order = chosen.order(on: on, milliseconds: UInt32(clamping: interval.nanoseconds / 1_000_000))
        guard case .opened(let opened) = try await client.request(.openSession(order)) else {
            throw ClientError.unknownAnswer
        }
        let refused = opened.replies.filter(\.isRefusal)
        for line in RefusalText.lines(refused, of: opened.replies.count) { say(line) }
        guard opened.started else { throw CommandError("no node can count that") }
        return opened
    }

    private func stop(_ opened: WireSessionOpened, _ client: ControllerClient) async {
        var stop = WireStopSession()
        stop.session = opened.session
        // When the connection is gone, the controller stops the session by itself.
        _ = try? await client.request(.stopSession(stop))
        await client.close()
    }

    // MARK: Where events come from

    private static func read(_ queue: LogQueue, _ continuation: AsyncStream<Event>.Continuation) {
        while true {
            for item in queue.take(waiting: 1) {
                switch item {
                case .counts(let report, _): continuation.yield(.counts(report))
                case .end(let problem):
                    continuation.yield(.ended(problem.isEmpty ? "the count has ended" : problem))
                    return
                case .disconnected(let reason):
                    continuation.yield(.ended("the connection to the controller was lost: \(reason)"))
                    return
                case .chunk: break
                }
            }
        }
    }

    /// What the controller knows of the nodes, at every interval.
    private static func poll(
        _ client: ControllerClient, every interval: Span, _ continuation: AsyncStream<Event>.Continuation
    ) async throws {
        while true {
            if case .nodes(let list) = try await client.request(.listNodes(WireListNodes())) {
                continuation.yield(.nodes(list))
            }
            try await Task.sleep(for: .nanoseconds(max(interval.nanoseconds, 1_000_000_000)))
        }
    }

    // MARK: Without a terminal

    private static func print(_ start: FleetRates, _ events: AsyncStream<Event>) async throws {
        var rates = start
        for await event in events {
            switch event {
            case .counts(let report):
                rates.take(report)
                if rates.isComplete { try put(rates.plainLines(clock: TimeOfDay.text(WallClock.now()))) }
            case .nodes(let list): rates.take(list)
            case .stop: return
            case .ended(let reason): throw CommandError(reason)
            case .keys, .resized, .tasks, .tasksEnded, .terminalGone: break
            }
        }
    }
}
