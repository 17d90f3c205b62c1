import NIOCore
import TraceProtocol

/// What the controller can ask about this node besides its sessions. Called on the agent's event loop, on which results
/// come back.
protocol Inventory: Sendable {
    /// A list of names that this node has.
    func names(_ request: WireListNames) -> EventLoopFuture<WireNameList>

    /// Digest of the list of events as it is now.
    func catalogDigest() -> EventLoopFuture<[UInt8]>

    /// Whether probes would work. They are planted for a moment.
    func check(_ request: WireCheckProbes) -> EventLoopFuture<WireProbesChecked>

    /// The instances and probes on this node, whoever made them.
    ///
    /// - Parameter operators: whom this agent's sessions belong to.
    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription>

    /// The names whose processes take the most CPU time, over a second from now.
    func busiest() -> EventLoopFuture<[WireTaskLoad]>
}
