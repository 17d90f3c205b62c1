import Synchronization
import TraceProtocol

/// A session's connection to the controller. When it breaks, another one takes its place, and the stream goes on with
/// the next byte. `Reattachment` decides how long that is tried.
final class SessionLink: Sendable {
    let session: UInt64
    /// The session's stream, from whichever connection.
    let queue: LogQueue
    private let nodes: Int
    /// This operator's own session, which it takes back.
    private let isOwn: Bool
    /// Nil: a connection that breaks is the end.
    private let redialing: Redialing?
    private let inbox: SessionInbox
    private let state: Mutex<State>

    private struct State {
        var connection: any ControllerConnection
        var reattachment: Reattachment
        var phase = Phase.attached
        /// The stop may not have reached the controller.
        var isStopping = false
    }

    private enum Phase {
        case attached
        case reattaching(Task<Void, Never>)
        /// Whatever happens now is of no interest.
        case over
    }

    /// - Parameter connection: on which the session was opened or attached to.
    init(
        _ description: WireSessionDescription, on connection: any ControllerConnection, isOwn: Bool,
        redialing: Redialing?, inbox: SessionInbox
    ) {
        session = description.session
        nodes = description.nodes.count
        queue = connection.queue
        self.isOwn = isOwn
        let canReattach = connection.welcome.capabilities.contains(Negotiation.Capability.reclaim)
        self.redialing = canReattach ? redialing : nil
        self.inbox = inbox
        let lease = description.ownLease ?? .milliseconds(connection.welcome.leaseMs)
        state = Mutex(State(connection: connection, reattachment: Reattachment(lease: lease)))
        watch(connection)
    }

    /// The present connection, or the last one.
    var connection: any ControllerConnection { state.withLock { $0.connection } }

    /// Asks the controller to stop the session, now or as soon as there is a connection. It may have ended already.
    func stop() {
        let connection = state.withLock { state -> (any ControllerConnection)? in
            state.isStopping = true
            guard case .attached = state.phase else { return nil }
            return state.connection
        }
        connection?.stopSession(session)
    }

    /// Ends the stream where it is.
    func cutOff() {
        let wasAttached = state.withLock { state in
            if case .attached = state.phase { return true }
            return false
        }
        if wasAttached {
            end(.end(problem: "interrupted: the rest of the session was not read"))
        } else {
            end(.disconnected(state.withLock { $0.reattachment.interrupted }))
        }
    }

    func close() async {
        leave()
        await connection.close()
    }

    // MARK: The end

    /// - Parameter item: the last one of the stream.
    private func end(_ item: LogQueue.Item) {
        if leave() { queue.put(item) }
    }

    /// - Returns: whether it was not over before.
    @discardableResult
    private func leave() -> Bool {
        state.withLock { state in
            defer { state.phase = .over }
            switch state.phase {
            case .over: return false
            case .reattaching(let task): task.cancel()
            case .attached: break
            }
            return true
        }
    }

    // MARK: Another connection

    private func watch(_ connection: any ControllerConnection) {
        connection.whenEnded { [self] error in lost(error) }
    }

    /// The present connection has ended.
    private func lost(_ error: any Error) {
        guard let redialing, !ConnectionEnd.isFinal(error) else { return end(.disconnected("\(error)")) }
        var generator = SystemRandomNumberGenerator()
        state.withLock { state in
            guard case .attached = state.phase else { return }
            let pause = state.reattachment.lost(because: error, at: redialing.now(), using: &generator)
            queue.put(.suspended(Self.lossText(error, state.reattachment.patience)))
            inbox.put(.connectionLost)
            state.phase = .reattaching(Task { await reattach(after: pause, redialing) })
        }
    }

    private static func lossText(_ error: any Error, _ patience: Duration) -> String {
        "the connection to the controller was lost: \(error); connecting again for up to \(patience.components.seconds) s"
    }

    private func reattach(after first: Duration, _ redialing: Redialing) async {
        var generator = SystemRandomNumberGenerator()
        var step = Reattachment.Step.dial(after: first)
        while case .dial(let pause) = step {
            do {
                try await redialing.pause(pause)
                return await install(try await attach(redialing), redialing)
            } catch {
                guard !Task.isCancelled else { return }
                step = state.withLock {
                    $0.reattachment.failed(because: error, at: redialing.now(), using: &generator)
                }
            }
        }
        if case .giveUp(let reason) = step { end(.disconnected(reason)) }
    }

    /// A connection on which the stream goes on.
    private func attach(_ redialing: Redialing) async throws -> any ControllerConnection {
        let connection = try await redialing.dial(queue)
        var request = WireAttachSession()
        request.session = session
        // The last connection has ended, so nothing is added meanwhile.
        request.read = queue.read(nodes: nodes)
        request.reclaim = isOwn
        do {
            _ = try await connection.attachSession(request)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    private func install(_ connection: any ControllerConnection, _ redialing: Redialing) async {
        let found = state.withLock { state -> (outage: Duration, isStopping: Bool)? in
            guard case .reattaching = state.phase else { return nil }
            state.connection = connection
            state.phase = .attached
            return (state.reattachment.outage(at: redialing.now()), state.isStopping)
        }
        guard let found else { return await connection.close() }
        let tenths = (found.outage / .milliseconds(100)).rounded() / 10
        queue.put(.resumed("connected again after \(tenths) s; the session goes on where it was"))
        inbox.put(.connectionReturned)
        if found.isStopping { connection.stopSession(session) }
        watch(connection)
    }
}
