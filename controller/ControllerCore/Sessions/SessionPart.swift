import SystemFacts
import TraceClock
import TraceProtocol

/// One node's part in a session, of either kind.
struct SessionPart {
    let node: any SessionNode
    /// Names the agent's process that has it. A restarted agent has another one, and has lost the session unless it says
    /// that it has taken it over.
    var incarnation: String
    /// Which numbered frame comes next.
    var tracker = SequenceTracker()
    /// Everything up to this sequence number is as durable as the session asks for.
    var durable: UInt64 = 0
    /// Its log cannot be written at present: since when, and why.
    var pause: (since: MonotonicRawInstant, reason: String)?
    /// When its stream last advanced, or its connection was made again.
    var lastHeard: MonotonicRawInstant
    /// Bytes of its stream that have come since the session was stopped.
    var drained = 0
    /// When its last frame without a number came: watermarks, or totals of an interval.
    var lastUnnumbered = MonotonicRawInstant(nanoseconds: 0)
    /// Most that the node has said it holds since the session was stopped: it falls while that arrives.
    var mostHeld = 0
    /// Up to when it was away after the stop, with a connection or without.
    var returnedAt = MonotonicRawInstant(nanoseconds: 0)
    /// When its connection was lost; nil while it is there.
    var lostAt: MonotonicRawInstant? {
        didSet { if lostAt == nil { goneLimit = nil } }
    }
    /// How long it is waited for at a stop while it is gone, if that is not the usual time.
    var goneLimit: Duration?
    /// It was commanded to start: from then on it owes a record.
    var isStartCommanded = false
    /// The node's clock as an earlier controller process has measured it, or as it was when the connection was lost.
    var earlierClock: LiveClock?
    /// Another agent has connected, which has nothing of the session. The machine may have been booted again: its clock is
    /// another one.
    var isReplaced = false
    /// When there is no record of it, and why.
    var account = PartAccount()
    /// What the operator is told about it when the session opens.
    var reply = WireNodeReply()

    /// A time of the node's trace clock on the controller's timeline, both ns; nil while its clock is not known.
    func onTimeline(_ time: Int64) -> Int64? {
        if !isReplaced {
            let mapped = node.timelineTime(of: MonotonicRawInstant(nanoseconds: time))
            guard mapped.quality == .unknown else { return mapped.estimate }
        }
        guard let earlier = earlierClock?.map(time), earlier.quality != .unknown else { return nil }
        return earlier.estimate
    }

    /// The connection is lost. When the node is back it may have another clock.
    mutating func keepClock() {
        if !isReplaced, node.clock.newestReply != nil { earlierClock = node.clock }
    }
}
