import SystemFacts

/// How long a session that is being stopped waits for a node's last frames.
struct DrainDeadline {
    /// For a node that is connected and sends nothing of the session.
    private static let silentLimit = Duration.seconds(15)
    /// For a node whose connection is lost. An agent that holds events tries to connect every 3 s at least.
    private static let goneLimit = Duration.seconds(6)
    /// For a node that goes on sending: a session that was stopped must end.
    private static let longestDrain = Duration.seconds(600)

    let stoppedAt: MonotonicRawInstant

    /// Why nothing more is expected of a node; nil while it is worth waiting.
    func reason(toGiveUp part: SessionPart, now: MonotonicRawInstant) -> String? {
        let hasWaited =
            if let lostAt = part.lostAt {
                lostAt.duration(to: now) > Self.goneLimit
            } else {
                max(stoppedAt, part.lastHeard).duration(to: now) > Self.silentLimit
            }
        guard hasWaited || stoppedAt.duration(to: now) > Self.longestDrain else { return nil }
        return part.lostAt != nil
            ? "the node was gone when the session stopped" : "the node did not finish in time"
    }
}
