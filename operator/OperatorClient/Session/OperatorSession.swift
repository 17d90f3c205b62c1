import Threads
import TraceProtocol

/// A session on the controller, seen by one operator's command.
public struct OperatorSession: Sendable {
    public let id: UInt64
    private let role: OperatorSessionState.Role
    let connection: any ControllerConnection
    private let inbox: SessionInbox

    /// Opens a session of this operator's own. It runs when this returns.
    ///
    /// - Throws: `SessionNotStarted` when refusals prevented the start, `ClientError`.
    public static func open(
        _ request: WireOpenSession, as role: OperatorSessionState.Role = .owner,
        on connection: any ControllerConnection, inbox: SessionInbox = SessionInbox()
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        let opened = try await connection.openSession(request)
        guard opened.started else { throw SessionNotStarted(replies: opened.replies) }
        return (OperatorSession(id: opened.session, role: role, connection: connection, inbox: inbox), opened)
    }

    /// Attaches to a session that somebody else runs, from its beginning.
    ///
    /// - Throws: `ClientError`.
    public static func attach(
        to id: UInt64, on connection: any ControllerConnection, inbox: SessionInbox = SessionInbox()
    ) async throws -> (session: OperatorSession, description: WireSessionDescription) {
        let description = try await connection.attachSession(id)
        return (OperatorSession(id: id, role: .watcher, connection: connection, inbox: inbox), description)
    }

    /// Asks the controller to stop the session. It may have ended already, or the connection may be gone, on which the
    /// controller stops it by itself: neither is an error.
    public func stop() {
        connection.stopSession(id)
    }

    /// Stops the session and closes the connection, without reading what is still to come.
    public func cancel() async {
        stop()
        await connection.close()
    }

    // MARK: Consuming the stream

    /// Runs until the session's stream ends, or a reason to end it early comes. Nothing that the consumer does, however
    /// long it blocks, delays that.
    ///
    /// - Parameters:
    ///   - timeLimit: nil for no limit.
    ///   - needsOutput: without a reader of the output there is nothing left to do.
    ///   - consumer: makes what consumes the stream, on a thread of its own.
    public func run(
        for timeLimit: Duration? = nil, needsOutput: Bool = true,
        consumer: @escaping @Sendable () throws -> any SessionConsumer
    ) async throws -> SessionEnding {
        try spawnThread(name: "session") { [inbox, queue = connection.queue] in
            inbox.put(Self.event(of: Result { try queue.feed(try consumer()) }))
        }
        let timer = timer(timeLimit)
        defer { timer?.cancel() }
        return await carryOut(OperatorSessionState(role, needsOutput: needsOutput))
    }

    private func timer(_ limit: Duration?) -> Task<Void, any Error>? {
        limit.map { limit in
            Task { [inbox] in
                try await Task.sleep(for: limit)
                inbox.put(.timeIsUp)
            }
        }
    }

    private func carryOut(_ initial: OperatorSessionState) async -> SessionEnding {
        var state = initial
        for await event in inbox.events {
            switch state.handle(event) {
            case .wait: break
            case .stop: stop()
            case .end(let ending, let stopping):
                if stopping { stop() }
                // The process ends now, whatever state the connection is in.
                if case .abandoned = ending { return ending }
                await connection.close()
                return ending
            }
        }
        return .left
    }

    private static func event(of result: Result<Verdict, any Error>) -> OperatorSessionState.Event {
        switch result {
        case .success(let verdict): .consumed(verdict)
        case .failure(let error as any OutputFailure) where error.isClosedPipe: .outputClosed
        case .failure(let error): .consumerFailed(error)
        }
    }
}
