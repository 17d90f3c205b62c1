import RingBuffer
import TraceClock
import TraceProtocol

/// One event in its place in the merged order. A view: valid during the call that hands it out.
struct MergedEvent {
    let node: NodeTimeline
    let cpu: UInt32
    /// On the controller's timeline, CLOCK_MONOTONIC_RAW ns.
    let time: MappedTime
    /// ns of the node's own trace clock.
    let timestamp: UInt64
    let payload: UnsafeRawBufferPointer
    /// It came out behind later ones, which had been put out without waiting for its node.
    let isLate: Bool
}

/// What happens to a node in the course of a session.
enum TimelineNotice {
    case stalled
    case recovered
    case lost(String)
    case returned
    case gaveUp(String)
    /// It takes no part; the others go on.
    case refused(String)
    case ended
    /// A part of its log could not be read.
    case damaged(String)
}

/// Where the merged order goes.
protocol TimelineSink {
    /// - Throws: when the output is gone (a closed pipe): the merge ends.
    mutating func event(_ event: MergedEvent) throws
    /// Events of this CPU were lost between its event before and its event at `time`; nil when the kernel did not
    /// say how many.
    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws
    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws
}
