import SystemFacts
import TraceProtocol

/// How long a session that is being stopped waits for a node's last frames.
struct DrainDeadline {
    /// For a node from which nothing comes at all.
    private static let muteLimit = CommandPatience.silence
    /// For a node that is there, and busy, and sends nothing of the session.
    private static let silentLimit = Duration.seconds(15)
    /// For a node whose connection is lost. An agent that holds events tries to connect every 3 s at least.
    private static let goneLimit = Duration.seconds(6)
    /// For a node that comes and goes.
    private static let longestDrain = Duration.seconds(600)

    let stoppedAt: MonotonicRawInstant
    let budget: Budget.Session

    /// Why nothing more is expected of a node; nil while it is worth waiting.
    ///
    /// - Parameter buffers: bytes that the node may have had in its buffers at the stop.
    func reason(toGiveUp part: SessionPart, buffers: Int, now: MonotonicRawInstant) -> String? {
        if part.drained > buffers + budget.drainSlack {
            return "it sent \(part.drained >> 20) MiB after the stop, more than its buffers hold"
        }
        let isLost = part.lostAt != nil
        let usual = budget.drainGrace + .milliseconds(part.drained * 1_000 / budget.drainRate)
        let isLate = stoppedAt.duration(to: now) > (isLost ? Self.longestDrain : usual)
        if let lostAt = part.lostAt {
            return isLate || lostAt.duration(to: now) > Self.goneLimit
                ? "the node was gone when the session stopped" : nil
        }
        if max(stoppedAt, part.node.lastHeard).duration(to: now) > Self.muteLimit {
            return "nothing came from the node for \(Self.muteLimit.components.seconds) s"
        }
        return isLate || max(stoppedAt, part.lastHeard).duration(to: now) > Self.silentLimit
            ? "the node did not finish in time" : nil
    }
}
