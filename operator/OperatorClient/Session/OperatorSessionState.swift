/// What a command does when something happens to its session.
///
/// A pure state machine: ``OperatorSession`` carries its actions out.
public struct OperatorSessionState: Sendable {
    /// Whose session it is.
    public enum Role: Hashable, Sendable {
        /// This command opened it: a reason to end stops the session, and then its stream is read to the end.
        case owner
        /// Somebody else runs it: an interrupt only ends the watching.
        case watcher
    }

    /// What can happen.
    public enum Event: Sendable {
        /// Ctrl-C, or SIGTERM.
        case interrupted
        /// What `--for` allows has passed.
        case timeIsUp
        /// The command that ran meanwhile has ended: its exit status, or 128 and the signal.
        case commandEnded(status: Int32)
        /// The stream has ended and was consumed.
        case consumed(Verdict)
        /// Nobody reads what the consumer writes.
        case outputClosed
        /// The consumer could not go on.
        case consumerFailed(any Error)
    }

    public enum Action: Sendable {
        case wait
        /// Ask the controller to stop the session, and go on consuming.
        case stop
        /// - Parameter stopping: ask the controller to stop the session first.
        case end(SessionEnding, stopping: Bool)
    }

    private let role: Role
    private var isStopping = false
    private var commandStatus: Int32 = 0

    public init(_ role: Role) {
        self.role = role
    }

    public mutating func handle(_ event: Event) -> Action {
        switch event {
        case .consumed(let verdict): return .end(.complete(verdict, commandStatus: commandStatus), stopping: false)
        case .outputClosed: return .end(.outputClosed, stopping: role == .owner)
        case .consumerFailed(let error): return .end(.failed(error), stopping: false)
        case .interrupted where role == .watcher: return .end(.left, stopping: false)
        case .interrupted where isStopping: return .end(.abandoned, stopping: false)
        case .commandEnded(let status): commandStatus = status
        case .interrupted, .timeIsUp: break
        }
        guard !isStopping else { return .wait }
        isStopping = true
        return .stop
    }
}

/// How a command's session ended.
public enum SessionEnding: Sendable {
    /// The stream was consumed to its end.
    case complete(Verdict, commandStatus: Int32)
    /// Whoever read the output wanted no more of it.
    case outputClosed
    /// This command watches no longer; the session goes on.
    case left
    /// A second interrupt: the rest of the stream was not read.
    case abandoned
    case failed(any Error)

    /// Of the command: problems come before the status of the command that ran meanwhile.
    public var exitStatus: Int32 {
        switch self {
        case .complete(let verdict, let commandStatus): verdict.isGood ? commandStatus : 1
        case .outputClosed, .left: 0
        case .abandoned, .failed: 1
        }
    }

    /// What the command prints on stderr last.
    public var lines: [String] {
        switch self {
        case .complete(let verdict, _): verdict.lines
        case .outputClosed: []
        case .left: ["no longer watching; the session goes on"]
        case .abandoned: ["error: interrupted a second time: the rest of the session was not read"]
        case .failed(let error): ["error: \(error)"]
        }
    }
}
