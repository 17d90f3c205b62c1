import SystemFacts
import TraceProtocol

/// How long a session that is being stopped waits for a node's last frames.
struct DrainDeadline {
    /// For a node from which nothing comes at all; after its own lease, too: the link may be cut.
    private static let muteLimit = CommandPatience.silence
    /// For a node that is there, and busy, and sends nothing of the session.
    private static let silentLimit = Duration.seconds(15)
    /// For a node whose connection is lost, after its own lease. An agent that holds events tries to connect every 3 s at
    /// least.
    private static let goneLimit = Duration.seconds(6)
    /// For a log that cannot be written.
    private static let diskLimit = Duration.seconds(60)
    /// For a node that comes and goes.
    private static let longestDrain = Duration.seconds(600)

    let stoppedAt: MonotonicRawInstant
    let budget: Budget.Session
    /// What the session's nodes have been given to go on without the controller; nil where nothing was asked for.
    let lease: Duration?

    /// Why nothing more is expected of a node; nil while it is worth waiting.
    ///
    /// - Parameter buffers: bytes that the node may have had in its buffers at the stop.
    func reason(toGiveUp part: SessionPart, buffers: Int, now: MonotonicRawInstant) -> String? {
        if part.drained > buffers + budget.drainSlack {
            return "it sent \(part.drained >> 20) MiB after the stop, more than its buffers hold"
        }
        if let pause = part.pause {
            return max(stoppedAt, pause.since).duration(to: now) > Self.diskLimit ? pause.reason : nil
        }
        let isLost = part.lostAt != nil
        let usual = budget.drainGrace + .milliseconds(part.drained * 1_000 / budget.drainRate)
        let away = lease ?? .zero
        // What a node has recorded while it was away it can only begin to send when it is back.
        let begin = isLost ? stoppedAt : max(stoppedAt, part.returnedAt)
        let isLate =
            begin.duration(to: now) > (isLost ? Self.longestDrain + away : usual)
            || stoppedAt.duration(to: now) > Self.longestDrain + away + usual
        if let lostAt = part.lostAt {
            return isLate || lostAt.duration(to: now) > max(Self.goneLimit + away, part.goneLimit ?? .zero)
                ? "the node was gone when the session stopped" : nil
        }
        if max(stoppedAt, part.node.lastHeard).duration(to: now) > Self.muteLimit + away {
            return "nothing came from the node for \((Self.muteLimit + away).components.seconds) s"
        }
        if isMute(part, now: now) { return nil }
        return isLate || max(begin, part.lastHeard).duration(to: now) > Self.silentLimit
            ? "the node did not finish in time" : nil
    }

    /// Whether a node is away although nobody has noticed that its connection is lost.
    func isMute(_ part: SessionPart, now: MonotonicRawInstant) -> Bool {
        part.lostAt == nil && max(stoppedAt, part.node.lastHeard).duration(to: now) > Self.muteLimit
    }
}
