import ArgumentParser
import CommandArguments
import OperatorClient
import Timeline
import TraceProtocol
import UnixSignals

/// One session from the command line: opens it, runs until it is time, stops it, and reads it to its end.
struct SessionRun {
    var order: WireOpenSession
    var place: PlaceOptions
    /// nil: until Ctrl-C, or until the command ends.
    var duration: Span?
    /// To run meanwhile; may be empty.
    var command: [String] = []

    /// What can end a run.
    private enum Event: Sendable {
        case interrupted
        case timeIsUp
        case commandEnded(Int32)
        /// The reading thread is done.
        case read(Result<Verdict, any Error>)
    }

    func run(_ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer) async throws {
        try await ControllerAccess(connection: place.connection, local: place.local).run { client in
            try await run(client, consumer)
        }
    }

    private func run(
        _ client: ControllerClient, _ consumer: @escaping @Sendable (WireSessionOpened) throws -> any SessionConsumer
    ) async throws {
        // From before the session exists: a Ctrl-C must always take it down in order.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let watch = Task { for await _ in signals { continuation.yield(.interrupted) } }
        defer { watch.cancel() }

        let opened = try await open(client)
        Worker.start {
            continuation.yield(.read(Result { try Self.read(client.queue, try consumer(opened)) }))
        }
        try startClocks(continuation)

        var isStopping = false
        var commandStatus: Int32 = 0
        for await event in events {
            switch event {
            case .interrupted where isStopping:
                throw CommandError("interrupted a second time: what was still under way is not read")
            case .read(.failure(let error as OutputError)) where error.isClosedPipe:
                // The reader has had enough, as `head` has: no fault.
                await stop(opened.session, client)
                await client.close()
                return
            case .read(let result):
                await client.close()
                try result.get().exit()
                if commandStatus != 0 { throw ExitCode(commandStatus) }
                return
            case .commandEnded(let status): commandStatus = status
            case .interrupted, .timeIsUp: break
            }
            guard !isStopping else { continue }
            isStopping = true
            await stop(opened.session, client)
        }
    }

    private func stop(_ session: UInt64, _ client: ControllerClient) async {
        var stop = WireStopSession()
        stop.session = session
        // When the session has ended by itself meanwhile, its end is on the way already.
        _ = try? await client.request(.stopSession(stop))
    }

    private func startClocks(_ continuation: AsyncStream<Event>.Continuation) throws {
        if !command.isEmpty {
            let child = try ChildProcess(command)
            Task { continuation.yield(.commandEnded(await child.exit())) }
        }
        if let duration {
            Task {
                try? await Task.sleep(for: .nanoseconds(duration.nanoseconds))
                continuation.yield(.timeIsUp)
            }
        }
    }

    // MARK: Opening

    private func open(_ client: ControllerClient) async throws -> WireSessionOpened {
        guard case .opened(let opened) = try await client.request(.openSession(order)) else {
            throw ClientError.unknownAnswer
        }
        let refused = opened.replies.filter(\.isRefusal)
        for line in RefusalText.lines(refused, of: opened.replies.count) { say(line) }
        guard opened.started else {
            throw CommandError(
                refused.count == opened.replies.count
                    ? "no node can do it" : "nothing was started; --partial goes on with the nodes that can")
        }
        for line in StartText.lines(opened) { say(line) }
        return opened
    }

    // MARK: Reading

    /// Feeds the consumer until the session's end. Runs on a thread of its own.
    static func read(_ queue: LogQueue, _ consumer: any SessionConsumer) throws -> Verdict {
        while true {
            for item in queue.take(waiting: 0.02) {
                switch item {
                case .chunk(let chunk): try consumer.take(chunk)
                case .counts(let report, _): try consumer.take(report)
                case .end(let problem): return try consumer.finish(problem: problem)
                case .disconnected(let reason):
                    return try consumer.finish(problem: "the connection to the controller was lost: \(reason)")
                }
            }
            try consumer.turn()
        }
    }
}

extension SessionRun {
    /// A session that records.
    init(_ options: SessionOptions, keep: Bool = false, name: String = "") {
        order = options.order()
        order.keep = keep
        order.name = name
        place = options.place
        duration = options.duration
        command = options.command
    }
}
