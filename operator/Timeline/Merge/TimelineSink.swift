import RingBuffer
import TraceClock
import TraceProtocol

/// One event of the merged order. A view: valid during the call that hands it out.
///
/// Plain memory, so that making one for each event causes no ARC traffic. The merge keeps alive what it refers to.
struct MergedEvent {
    /// Index of the node in the session.
    let nodeIndex: Int
    let cpu: UInt32
    /// On the controller's timeline, CLOCK_MONOTONIC_RAW ns.
    let time: MappedTime
    /// ns of the node's own trace clock.
    let timestamp: UInt64
    let payload: UnsafeRawBufferPointer
    /// It comes out after later events, which did not wait for its node.
    let isLate: Bool
    private let nodeReference: Unmanaged<NodeTimeline>
    private let rendererReference: Unmanaged<NodeRenderer>

    init(
        node: NodeTimeline, renderer: NodeRenderer, cpu: UInt32, time: MappedTime, timestamp: UInt64,
        payload: UnsafeRawBufferPointer, isLate: Bool
    ) {
        nodeReference = .passUnretained(node)
        rendererReference = .passUnretained(renderer)
        nodeIndex = node.index
        self.cpu = cpu
        self.time = time
        self.timestamp = timestamp
        self.payload = payload
        self.isLate = isLate
    }

    var node: NodeTimeline { nodeReference.takeUnretainedValue() }

    /// Runs `body` with the renderer of the node's events.
    @inline(__always)
    func withRenderer<Result>(_ body: (NodeRenderer) throws -> Result) rethrows -> Result {
        try rendererReference._withUnsafeGuaranteedRef(body)
    }
}

/// What happens to a node during a session.
enum TimelineNotice {
    case stalled
    case recovered
    case lost(String)
    case returned
    case gaveUp(String)
    /// It refused to take part; the others go on.
    case refused(String)
    /// It does less than was asked.
    case limited(String)
    /// The controller cannot store what it sends at present.
    case paused(String)
    case resumed
    /// There is no record of it for some time.
    case gap(WireRecordingGap)
    /// Another agent goes on with what one that died had in the kernel.
    case takenOver(String)
    /// What an agent that died had read of a CPU, and nobody has.
    case lostAtAgent(WireEventLoss)
    /// A part of its log could not be read.
    case damaged(String)
    /// Its clock was not one continuous clock.
    case clockBreak(ClockBreakSpan)
    /// A matched message that cannot have been received when it was.
    case contradiction(String)
}

/// Where the merged order goes.
protocol TimelineSink: ~Copyable {
    /// Whether the sink uses the bounds of times. If not, an event's time may be the estimate alone.
    var wantsBounds: Bool { get }
    /// - Throws: when the output is gone (a closed pipe); the merge ends then.
    mutating func event(_ event: MergedEvent) throws
    /// Events of this CPU were lost between its last event and the one at `time`; `count` is nil when the kernel did
    /// not say how many.
    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws
    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws
}

extension TimelineSink where Self: ~Copyable {
    var wantsBounds: Bool { true }
}
