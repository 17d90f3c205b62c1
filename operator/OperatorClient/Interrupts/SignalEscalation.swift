/// What each signal that asks a command to end means. No I/O; time is an argument.
///
/// The first asks for an orderly end. The second leaves the command one second. The third ends it at once.
public struct SignalEscalation: Sendable {
    public enum Step: Hashable, Sendable {
        /// The same request a second time, e.g. of timeout(1), which signals its child and then its process group.
        case ignore
        /// End in order.
        case end
        /// End before `deadline`, whatever is not done by then.
        case hurry
        case exit
    }

    private let patience: Duration
    private let echo: Duration
    private var count = 0
    private var last: ContinuousClock.Instant?
    /// When the command has to be over; nil before the second signal.
    public private(set) var deadline: ContinuousClock.Instant?

    /// - Parameters:
    ///   - patience: how long a command may take after the second signal.
    ///   - echo: signals this close together are one request.
    public init(patience: Duration = .seconds(1), echo: Duration = .milliseconds(20)) {
        self.patience = patience
        self.echo = echo
    }

    /// Whether a signal has come.
    public var hasBegun: Bool { count > 0 }

    public mutating func signal(at now: ContinuousClock.Instant) -> Step {
        if let last, now - last < echo { return .ignore }
        last = now
        count += 1
        switch count {
        case 1: return .end
        case 2:
            deadline = now + patience
            return .hurry
        default: return .exit
        }
    }
}
