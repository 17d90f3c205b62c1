import TraceProtocol

/// Everything that a person states about one agent.
public struct AgentConfiguration: Sendable {
    /// Numeric address or name of the controller, and its port.
    public var host: String
    public var port: Int
    public var labels: [String: String]
    /// Bytes of events in memory that the controller has not taken yet, per session.
    public var memory: Int
    /// How long an event waits at most before it is read, and how often a session states its watermark.
    public var readInterval = Duration.milliseconds(40)
    /// The folder for what is not in memory alone, and the bytes of all sessions in it at most; nil for no such folder.
    public var spool: (folder: String, bytes: Int)?
    /// What the node refuses.
    public var policy: Policy
    /// Where it writes down what a successor has to know.
    public var state: State
    /// What any controller may take of the node.
    public var budget = Budget.Agent()

    public static let defaultMemory = 64 << 20

    public enum State: Sendable, Equatable {
        /// Nowhere: its sessions end with it.
        case none
        /// In a folder below /run/fleetrace, if that can be made.
        case usual
        case folder(String)
    }

    public init(
        host: String, port: Int, labels: [String: String] = [:],
        memory: Int = AgentConfiguration.defaultMemory, policy: Policy = .none, state: State = .none
    ) {
        self.state = state
        self.host = host
        self.port = port
        self.labels = labels
        self.memory = memory
        self.policy = policy
    }
}
