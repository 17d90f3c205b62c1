import NIOCore
import SessionStore
import TraceProtocol

/// What a session's flow decides is done here, and its end is watched over.
extension Controller {
    /// How long a stopping session waits for a node that is silent, is gone, or sends on; ns. An agent that holds
    /// events tries to connect every 3 s at least.
    private static let silentLimit: Int64 = 15_000_000_000
    private static let longestDrain: Int64 = 600_000_000_000
    /// How far ahead the common end is set, so that the slowest link hears of it in time; ns.
    private static let stopLead: Int64 = 50_000_000
    private static let goneLimit: Int64 = 6_000_000_000

    /// Does what the flow decided.
    func perform(_ step: SessionFlow.Step, _ session: LiveSession) {
        switch step {
        case .wait: break
        case .start(let nodes):
            // A node that has not answered in time may still become ready.
            discard(session, Array(Set(session.parts.indices).subtracting(nodes)))
            start(session, nodes: nodes)
        case .announce: announce(session)
        case .abort:
            discard(session, Array(session.parts.indices))
            respondOpened(session, started: false)
            sessions[session.id] = nil
            session.problem = "the session did not start"
            for attachment in session.attachments { end(attachment) }
            _ = store.close(session.id, keep: false)
        case .stop(let nodes):
            session.stopping = now()
            beginLogs(session)
            store.release(session.id)
            let moment = now() + Self.stopLead
            for index in nodes {
                let node = session.parts[index].node
                guard let link = node.link else { continue }
                var order = WireStop()
                order.at = node.agentTime(at: moment) ?? 0
                command(.stop(order), session: session.id, on: link) { _ in }
            }
        case .end: end(session)
        }
    }

    func discard(_ session: LiveSession, _ indices: [Int]) {
        for index in indices {
            guard let link = session.parts[index].node.link else { continue }
            command(.discard(WireDiscard()), session: session.id, on: link) { _ in }
        }
    }

    func stop(_ session: LiveSession) {
        perform(session.flow.stop(), session)
    }

    private func end(_ session: LiveSession) {
        // Stopped before every node had started: its operator still waits for an answer.
        if !session.isAnnounced { respondOpened(session, started: false) }
        let incomplete = session.flow.parts.enumerated().compactMap { index, part in
            if case .gaveUp(let reason) = part {
                "\(session.parts[index].node.name): \(reason)"
            } else {
                nil as String?
            }
        }
        session.description.state =
            incomplete.isEmpty ? "complete" : "incomplete: " + incomplete.joined(separator: "; ")
        guard session.counts == nil else { return endCount(session) }
        store.finish(session.description).hop(to: loop).assumeIsolated().whenComplete { [self] result in
            assumeIsolated { controller in
                if case .failure(let error) = result, session.problem.isEmpty { session.problem = "\(error)" }
                session.isStored = true
                for attachment in session.attachments { controller.pump(attachment) }
                controller.closeIfUnused(session)
            }
        }
    }

    /// A session that has ended is forgotten when nobody reads it any more.
    func closeIfUnused(_ session: LiveSession) {
        guard session.isStored, session.attachments.isEmpty, sessions[session.id] != nil else { return }
        sessions[session.id] = nil
        store.close(session.id, keep: session.description.keep).whenFailure { [log] in
            log.error("a session's directory could not be removed", metadata: ["reason": "\($0)"])
        }
    }

    func checkDeadlines(now: Int64) {
        for session in Array(sessions.values) {
            guard let stopping = session.stopping else { continue }
            for index in session.parts.indices where session.flow.isLive(index) {
                let part = session.parts[index]
                let isGone = part.lostAt != nil
                let waited =
                    part.lostAt.map { now - $0 > Self.goneLimit }
                    ?? (now - max(stopping, part.lastHeard) > Self.silentLimit)
                // However much it sends, an end that was ordered must come.
                guard waited || now - stopping > Self.longestDrain else { continue }
                let reason = isGone ? "the node was gone when the session stopped" : "the node did not finish in time"
                note(.gaveUp, reason, session, index)
                // Should it be heard of again: nobody will acknowledge what it keeps of this session.
                discard(session, [index])
                perform(session.flow.giveUp(index, reason), session)
            }
        }
    }
}
