import SystemFacts

/// How long a session may go on while the controller is silent.
public struct Lease: Sendable, Equatable {
    public var duration: Duration
    private var lastHeard: MonotonicRawInstant

    public init(duration: Duration, now: MonotonicRawInstant) {
        self.duration = duration
        lastHeard = now
    }

    public mutating func heard(now: MonotonicRawInstant) {
        lastHeard = max(lastHeard, now)
    }

    public func hasRunOut(now: MonotonicRawInstant) -> Bool {
        lastHeard.duration(to: now) > duration
    }
}
