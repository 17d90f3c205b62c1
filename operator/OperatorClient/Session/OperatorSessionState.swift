/// What a command does when something happens to its session.
///
/// A pure state machine: ``OperatorSession`` carries its actions out.
public struct OperatorSessionState: Sendable {
    /// Whose session it is.
    public enum Role: Hashable, Sendable {
        /// This command opened it: a reason to end stops the session, and then its stream is read to the end.
        case owner
        /// This command opened it to look at what comes: a reason to end ends it at once, without an account.
        case onlooker
        /// It belongs to somebody else, or to the controller: an interrupt only ends the watching.
        case watcher
        /// The same, and all of it is wanted: an interrupt ends the copy where it is, with an account.
        case copier

        /// Whether its session ends with this command.
        var isOwn: Bool { self == .owner || self == .onlooker }
    }

    /// What can happen.
    public enum Event: Sendable {
        /// Ctrl-C, SIGTERM, or a key that means the same.
        case interrupted
        /// What `--for` allows has passed.
        case timeIsUp
        /// The command that ran meanwhile has ended: its exit status, or 128 and the signal.
        case commandEnded(status: Int32)
        /// The stream has ended and was consumed.
        case consumed(Verdict)
        /// Nobody reads the command's output any longer.
        case outputClosed
        /// The consumer could not go on.
        case consumerFailed(any Error)
        /// The connection has broken, and another one is being opened.
        case connectionLost
        case connectionReturned
    }

    public enum Action: Sendable {
        case wait
        /// Ask the controller to stop the session, and go on consuming.
        case stop
        /// Consume what has come, and wait for no more.
        case cutOff
        /// - Parameter stopping: ask the controller to stop the session first.
        case end(SessionEnding, stopping: Bool)
    }

    private let role: Role
    private let needsOutput: Bool
    private var isStopping = false
    private var isCutOff = false
    private var isConnected = true
    private var commandStatus: Int32 = 0

    /// - Parameter needsOutput: whether the output is what the command is for. It is not for one that writes files.
    public init(_ role: Role, needsOutput: Bool = true) {
        self.role = role
        self.needsOutput = needsOutput
    }

    public mutating func handle(_ event: Event) -> Action {
        switch event {
        case .consumed(let verdict): return .end(.complete(verdict, commandStatus: commandStatus), stopping: false)
        case .outputClosed where role == .copier: return .wait
        case .outputClosed where needsOutput: return .end(.outputClosed, stopping: role.isOwn)
        case .consumerFailed(let error): return .end(.failed(error), stopping: false)
        case .interrupted where role == .watcher: return .end(.left, stopping: false)
        case .interrupted where role == .onlooker, .timeIsUp where role == .onlooker:
            return .end(.looked, stopping: true)
        case .interrupted where isCutOff: return .end(.abandoned, stopping: false)
        case .interrupted where role == .copier || !isConnected:
            isCutOff = true
            return .cutOff
        case .interrupted where isStopping: return .end(.abandoned, stopping: false)
        case .connectionLost:
            isConnected = false
            return .wait
        case .connectionReturned:
            isConnected = true
            return .wait
        case .commandEnded(let status): commandStatus = status
        case .interrupted, .timeIsUp, .outputClosed: break
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
    /// An onlooker has seen enough.
    case looked
    /// This command watches no longer; the session goes on.
    case left
    /// An interrupt while the session was ending: the rest of the stream was not read.
    case abandoned
    case failed(any Error)

    /// Of the command: problems come before the status of the command that ran meanwhile.
    public var exitStatus: Int32 {
        switch self {
        case .complete(let verdict, let commandStatus): verdict.isGood ? commandStatus : 1
        case .outputClosed, .left, .looked: 0
        case .abandoned, .failed: 1
        }
    }

    /// What the command prints on stderr last.
    public var lines: [String] {
        switch self {
        case .complete(let verdict, _): verdict.lines
        case .outputClosed:
            ["nobody reads the output any longer: the session is over, without an account of what was not printed"]
        case .looked: []
        case .left: ["no longer watching; the session goes on"]
        case .abandoned:
            ["error: interrupted a second time: the rest of the session was not read, so there is no account of it"]
        case .failed(let error): ["error: \(error)"]
        }
    }
}
