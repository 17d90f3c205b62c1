import OperatorClient
import Timeline
import TraceProtocol

/// A session that runs or is stored at the controller and that this command only reads: what `attach`, `fetch` and
/// `report` do.
struct AttachedSession {
    /// Its name, its number, or how the number begins.
    var name: String
    var role: OperatorSessionState.Role
    var connect: Connector
    var interrupts: Interrupts

    /// - Parameters:
    ///   - check: whether this session may be read so.
    ///   - consumer: made on the thread that consumes.
    func run(
        check: (WireSessionDescription) throws -> Void = { _ in },
        _ consumer: @escaping @Sendable (WireSessionDescription) throws -> any SessionConsumer
    ) async throws -> SessionEnding {
        let client = try await connect()
        let inbox = SessionInbox()
        let (session, description) = try await interrupts.race { [name, role, redialing = connect.redialing] in
            try await OperatorSession.attach(to: name, as: role, on: client, inbox: inbox, redialing: redialing)
        }
        do {
            try check(description)
        } catch {
            await client.close()
            throw error
        }
        interrupts.forward { inbox.put(.interrupted) }
        if role == .watcher { try OutputStream.standardOutput.whenReaderEnds { inbox.put(.outputClosed) } }
        return try await session.run(needsOutput: role == .watcher, say: { say($0) }) { try consumer(description) }
    }
}
