import ArgumentParser
import OperatorClient
import Timeline
import TraceProtocol
import UnixSignals

/// One session from the command line: opens it, runs until it is time, stops it, and reads it to its end.
struct SessionRun {
    var options: SessionOptions
    var connection: ConnectionOptions

    /// What can end a run.
    private enum Event: Sendable {
        case interrupted
        case timeIsUp
        case commandEnded(Int32)
        /// The reading thread is done.
        case read(Result<Verdict, any Error>)
    }

    func run(
        keep: Bool, name: String, consumer: @escaping @Sendable (WireSessionDescription) throws -> any SessionConsumer
    ) async throws {
        try await ControllerAccess(connection: connection, local: options.local).run { client in
            try await run(client, keep: keep, name: name, consumer: consumer)
        }
    }

    private func run(
        _ client: ControllerClient, keep: Bool, name: String,
        consumer: @escaping @Sendable (WireSessionDescription) throws -> any SessionConsumer
    ) async throws {
        // From before the session exists: a Ctrl-C must always take it down in order.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let watch = Task { for await _ in signals { continuation.yield(.interrupted) } }
        defer { watch.cancel() }

        let opened = try await open(client, keep: keep, name: name)
        Worker.start {
            continuation.yield(.read(Result { try Self.read(client.queue, try consumer(opened.description_p)) }))
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
        if !options.command.isEmpty {
            let child = try ChildProcess(options.command)
            Task { continuation.yield(.commandEnded(await child.exit())) }
        }
        if let duration = options.duration {
            Task {
                try? await Task.sleep(for: .nanoseconds(duration.nanoseconds))
                continuation.yield(.timeIsUp)
            }
        }
    }

    // MARK: Opening

    private func open(_ client: ControllerClient, keep: Bool, name: String) async throws -> WireSessionOpened {
        var order = options.order()
        order.keep = keep
        order.name = name
        guard case .opened(let opened) = try await client.request(.openSession(order)) else {
            throw ClientError.unknownAnswer
        }
        let refused = opened.answers.filter(\.isRefusal)
        for line in RefusalText.lines(refused, of: opened.answers.count) { say(line) }
        guard opened.started else {
            throw CommandError(
                refused.count == opened.answers.count
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
                case .end(let problem): return try consumer.finish(problem: problem)
                case .disconnected(let reason):
                    return try consumer.finish(problem: "the connection to the controller was lost: \(reason)")
                }
            }
            try consumer.turn()
        }
    }
}
