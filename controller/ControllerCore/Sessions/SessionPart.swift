import SystemFacts
import TraceProtocol

/// One node's part in a session, of either kind.
struct SessionPart {
    let node: any SessionNode
    /// Names the agent's process that prepared it. A restarted agent has another one, and has lost the session.
    let incarnation: String
    /// Which numbered frame comes next.
    var tracker = SequenceTracker()
    /// Everything up to this sequence number is as durable as the session asks for.
    var durable: UInt64 = 0
    /// When its stream last advanced, or its connection was made again.
    var lastHeard: MonotonicRawInstant
    /// When its last frame without a number came: watermarks, or totals of an interval.
    var lastUnnumbered = MonotonicRawInstant(nanoseconds: 0)
    /// When its connection was lost; nil while it is there.
    var lostAt: MonotonicRawInstant?
    /// What the operator is told about it when the session opens.
    var reply = WireNodeReply()
}
