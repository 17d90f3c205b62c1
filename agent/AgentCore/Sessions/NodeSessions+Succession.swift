import NIOCore
import TraceProtocol

/// Agents that follow each other.
extension NodeSessions {
    /// Takes over what an agent that died has in the kernel of a session.
    ///
    /// - Parameter giveUp: ends it instead, unread: why.
    /// - Returns: why it has ended, also by this agent's policy; nil if it goes on.
    func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?
    ) -> EventLoopFuture<String?> {
        change { [kernel, journal] table in
            let session = try kernel.takeOver(left, delivery, giveUp: giveUp)
            let ended = session as? EndedSession
            if let ended { journal?.write(.finished(ended.finish), session: delivery.session) }
            table.sessions[delivery.session] = Handover(
                session: session, isShared: left.prepared.request.changesSharedState)
            return ended?.finish.reason
        }
    }

    /// The controller has said where to go on with a session that was taken over.
    func resume(_ id: UInt64, _ resumption: Resumption) -> EventLoopFuture<Void> {
        change { table in try table.session(id).resume(resumption) }
    }

    /// Nothing of a session is in the kernel, and its stream has its end already.
    func forget(_ id: UInt64) -> EventLoopFuture<Void> {
        change { table in _ = table.take(id) }
    }

    /// Reads nothing more of sessions that a successor takes over. What has been read is in their streams then.
    func stopReading() -> EventLoopFuture<Void> {
        change { table in
            for kept in table.sessions.values where kept.session.inheritable != nil { kept.session.stopReading() }
        }
    }

    /// Leaves these sessions in the kernel for a successor, and removes all others.
    func leave(_ ids: Set<UInt64>) -> EventLoopFuture<Void> {
        change { table in
            for id in ids { table.take(id)?.session.leave() }
        }.flatMap { [self] in shutDown() }
    }
}
