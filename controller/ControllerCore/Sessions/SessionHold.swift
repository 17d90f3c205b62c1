import SystemFacts

/// Who keeps a session running. No I/O; time is an argument.
///
/// A detached session belongs to the controller. Any other is held by the connection of its operator. When that breaks,
/// the operator has a grace to take the session back; when it ends in order, nobody is waited for.
struct SessionHold {
    /// How long a session goes on without its operator.
    static let grace = Duration.seconds(30)

    private enum State {
        case held
        /// Its operator may come back.
        case awaited(since: MonotonicRawInstant)
        case released
    }

    let isDetached: Bool
    private var state = State.held

    init(isDetached: Bool) {
        self.isDetached = isDetached
    }

    /// The operator's connection broke, or an earlier controller had it.
    mutating func lost(at now: MonotonicRawInstant) {
        guard !isDetached else { return }
        state = .awaited(since: now)
    }

    /// The operator is there (again).
    mutating func taken() {
        state = .held
    }

    /// The operator has left in order, or is not to come back.
    mutating func released() {
        state = .released
    }

    var isAwaited: Bool {
        if case .awaited = state { true } else { false }
    }

    /// Ends the grace when its time is over.
    ///
    /// - Returns: whether that is so now. Once.
    mutating func expire(now: MonotonicRawInstant) -> Bool {
        guard case .awaited(let since) = state, since.duration(to: now) > Self.grace else { return false }
        state = .released
        return true
    }
}
