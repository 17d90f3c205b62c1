import NIOCore
import TraceProtocol

/// Sessions that an earlier controller process began, and the hand-over to the next one.
extension Controller {
    /// Before the first connection: an agent that connects must find its sessions.
    func recover(_ found: FoundSessions) {
        add(stored: found.stored)
        for session in found.recovered { recover(session) }
    }

    private func recover(_ recovered: RecoveredSession) {
        let description = recovered.description
        let nodes = description.nodes.map { known($0) }
        let session = TracedSession(recovered, on: nodes, storage: storage, environment: sessionEnvironment)
        privateSessions.add(description)
        sessions[description.session] = session
        for node in nodes { node.sessionCount += 1 }
        log.notice(
            "goes on with a session of an earlier controller",
            metadata: ["session": "\(description.session.sessionText)", "nodes": .texts(description.nodes)])
        storage.release(description.session)
        session.goOn(recovered)
    }

    /// Leaves the sessions that record to the next controller process, and says goodbye to everyone. Counts end: what they
    /// have counted is in this process only.
    func handOver() -> EventLoopFuture<Void> {
        for session in Array(sessions.values) where session is CountedSession {
            session.report(problem: "the controller is shutting down")
            session.stop()
        }
        isHandingOver = true
        return storage.settle().hop(to: loop).map { [self] in assumeIsolated { $0.shutDown() } }
    }
}
