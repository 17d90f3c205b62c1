import Threads
import TraceProtocol

/// A session on the controller, seen by one operator's command.
public struct OperatorSession: Sendable {
    private let role: OperatorSessionState.Role
    let link: SessionLink
    private let inbox: SessionInbox

    private init(_ role: OperatorSessionState.Role, _ link: SessionLink, _ inbox: SessionInbox) {
        self.role = role
        self.link = link
        self.inbox = inbox
    }

    public var id: UInt64 { link.session }

    /// The connection that it has now. Another one takes its place when it breaks.
    public var connection: any ControllerConnection { link.connection }

    /// Opens a session of this operator's own. It runs when this returns.
    ///
    /// - Parameter redialing: nil for a session that ends with its connection.
    /// - Throws: `SessionNotStarted` when refusals prevented the start, `ClientError`.
    public static func open(
        _ request: WireOpenSession, as role: OperatorSessionState.Role = .owner,
        on connection: any ControllerConnection, inbox: SessionInbox = SessionInbox(), redialing: Redialing? = nil
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        let opened = try await connection.openSession(request)
        guard opened.started else { throw SessionNotStarted(replies: opened.replies) }
        guard !request.hasFunctionTrace || opened.sessionDescription.hasFunctionTrace else {
            await connection.close()
            throw ClientError.tooOld("to trace functions")
        }
        var description = opened.sessionDescription
        description.session = opened.session
        let link = SessionLink(description, on: connection, isOwn: true, redialing: redialing, inbox: inbox)
        return (OperatorSession(role, link, inbox), opened)
    }

    /// Attaches to a session that runs or is stored, from its beginning.
    ///
    /// - Parameters:
    ///   - name: its name, its id or the beginning of its id.
    ///   - redialing: nil to end with the connection.
    /// - Throws: `ClientError`.
    public static func attach(
        to name: String, as role: OperatorSessionState.Role = .watcher, on connection: any ControllerConnection,
        inbox: SessionInbox = SessionInbox(), redialing: Redialing? = nil
    ) async throws -> (session: OperatorSession, description: WireSessionDescription) {
        var request = WireAttachSession()
        request.name = name
        let description = try await connection.attachSession(request)
        let link = SessionLink(description, on: connection, isOwn: false, redialing: redialing, inbox: inbox)
        return (OperatorSession(role, link, inbox), description)
    }

    /// Asks the controller to stop the session. It may have ended already, or there may be no connection, which then
    /// is told when it is back: neither is an error.
    public func stop() {
        link.stop()
    }

    /// Stops the session and closes the connection, without reading what is still to come.
    public func cancel() async {
        stop()
        await link.close()
    }

    // MARK: Consuming the stream

    /// Runs until the session's stream ends, or a reason to end it early comes. Nothing that the consumer does, however
    /// long it blocks, delays that.
    ///
    /// - Parameters:
    ///   - timeLimit: nil for no limit.
    ///   - needsOutput: without a reader of the output there is nothing left to do.
    ///   - say: tells a person of a connection that is lost, and of its return.
    ///   - consumer: makes what consumes the stream, on a thread of its own.
    public func run(
        for timeLimit: Duration? = nil, needsOutput: Bool = true, say: @escaping @Sendable (String) -> Void = { _ in },
        consumer: @escaping @Sendable () throws -> any SessionConsumer
    ) async throws -> SessionEnding {
        try spawnThread(name: "session") { [inbox, queue = link.queue] in
            inbox.put(Self.event(of: Result { try queue.feed(try consumer(), say: say) }))
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
            case .cutOff: link.cutOff()
            case .end(let ending, let stopping):
                if stopping { stop() }
                // The process ends now, whatever state the connection is in.
                if case .abandoned = ending { return ending }
                await link.close()
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
