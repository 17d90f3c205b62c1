import SystemFacts

/// How long the controller has been silent, and how long sessions may go on then.
public struct Lease: Sendable, Equatable {
    /// What the controller states for sessions that have asked for nothing else.
    public var duration: Duration
    private var lastHeard: MonotonicRawInstant

    public init(duration: Duration, now: MonotonicRawInstant) {
        self.duration = duration
        lastHeard = now
    }

    public mutating func heard(now: MonotonicRawInstant) {
        lastHeard = max(lastHeard, now)
    }

    /// Whether a session has gone on for long enough.
    func hasRunOut(of session: SessionLease, now: MonotonicRawInstant) -> Bool {
        lastHeard.duration(to: now) > session.duration(usual: duration)
    }
}

/// How long one session goes on while the controller is silent. What it has recorded is kept and delivered however long
/// that takes.
struct SessionLease: Sendable, Equatable {
    /// What was asked for; nil: what the controller states for all.
    var own: Duration?
    /// What the node's policy allows; nil: whatever was asked for.
    var most: Duration?

    func duration(usual: Duration) -> Duration {
        let wanted = own ?? usual
        return most.map { min($0, wanted) } ?? wanted
    }
}
