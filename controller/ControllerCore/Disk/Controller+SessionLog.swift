import NIOCore
import SessionStore
import SystemFacts
import TraceProtocol

/// What goes into the logs of a session, and what the store says of it.
extension Controller {
    /// Added to CLOCK_MONOTONIC_RAW gives ns since the epoch.
    nonisolated var epochOffset: Int64 { WallClock.now() &- now() }

    func append(_ frame: Frame, _ session: LiveSession, _ index: Int, sequence: UInt64, now: Int64) {
        // Counts leave nothing on disk.
        guard session.counts == nil else { return }
        store.append(LogRecord(frame, received: now), session: session.id, node: index, sequence: sequence)
    }

    /// What is known of the nodes when they begin: that they take part, and their clocks so far. Not before the first of
    /// them has begun: the orders to all others would wait for it.
    func beginLogs(_ session: LiveSession) {
        guard !session.hasBegunLogs else { return }
        session.hasBegunLogs = true
        guard session.counts == nil else { return }
        var joined = WireNodeNote()
        joined.kind = .joined
        joined.at = now()
        guard let frame = try? Frame(.nodeNote, joined) else { return }
        store.begin(
            session.id, LogRecord(frame, received: joined.at),
            samples: session.parts.map(\.node.recentSamples))
    }

    func note(
        _ kind: WireNodeNote.Kind, _ text: String, _ session: LiveSession, _ index: Int, started: WireStarted? = nil
    ) {
        guard session.counts == nil else { return noteCount(kind, text, session, index) }
        var note = WireNodeNote()
        note.kind = kind
        note.at = now()
        note.text = text
        if let started { note.started = started }
        guard let frame = try? Frame(.nodeNote, note) else { return }
        append(frame, session, index, sequence: 0, now: note.at)
    }

    /// The store has written something.
    func stored(_ progress: [StoreWorker.Progress]) {
        for step in progress {
            // Credit is the connection's: it comes back whatever has become of the session.
            let link = nodes[step.name]?.link
            if step.bytes > 0 {
                nodes[step.name]?.outstanding -= step.bytes
                if let link { grant(step.bytes, to: link) }
            }
            guard let session = sessions[step.session] else { continue }
            session.parts[step.node].position = max(session.parts[step.node].position, step.position)
            let part = session.parts[step.node]
            if step.sequence > 0 {
                session.parts[step.node].durable = step.sequence
                link?.send(Acknowledgement(StreamNumber(session: step.session, sequence: step.sequence)).frame())
            }
            if let finish = part.finish, step.sequence >= finish {
                perform(session.flow.finished(step.node), session)
            }
            for attachment in session.attachments { pump(attachment) }
        }
    }

    /// A node's log cannot be written any more, for want of space for example. The session stops: what is there
    /// stays readable.
    func storeFailed(_ id: UInt64, _ index: Int, _ error: StoreError) {
        guard let session = sessions[id] else { return }
        log.error("a session cannot be stored any more", metadata: ["session": "\(hex(id))", "reason": "\(error)"])
        if session.problem.isEmpty { session.problem = "\(error)" }
        stop(session)
        discard(session, [index])
        perform(session.flow.giveUp(index, "the controller could not store it: \(error)"), session)
    }

    nonisolated func hex(_ session: UInt64) -> String {
        String(session, radix: 16)
    }
}
