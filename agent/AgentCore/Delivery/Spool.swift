import DequeModule
import NIOCore
import TraceProtocol

/// The numbered frames of one session that the controller has not acknowledged yet.
///
/// Sequence numbers are given here, from 1 without holes. A frame stays until it is acknowledged. After a reconnect the
/// frames that the controller does not have are sent again.
public struct Spool: Sendable {
    private var frames: Deque<Frame> = []
    /// Sequence number of `frames.first`.
    private var first: UInt64 = 1
    /// Index into `frames` of the next one to send.
    private var cursor = 0
    /// Highest sequence number that was ever sent; what was sent on a lost connection may have arrived.
    private var highestSent: UInt64 = 0
    /// The controller cannot store anything at present: nothing is sent.
    private var isHeld = false
    /// Bytes held, frame bodies only.
    public private(set) var bytes = 0
    /// The most that `bytes` should reach. The kernel's ring then holds what comes, or drops it and counts.
    public let budget: Int

    public init(budget: Int) {
        self.budget = budget
    }

    public var hasRoom: Bool { bytes < budget }
    /// Highest sequence number given so far; 0 before the first.
    public var lastSequence: UInt64 { first + UInt64(frames.count) - 1 }
    /// Sequence number of the last frame that `next` returned; 0 before the first.
    public var sentSequence: UInt64 { first + UInt64(cursor) - 1 }
    public var isAcknowledged: Bool { frames.isEmpty }

    /// Appends a frame whose body was written with the sequence number `lastSequence + 1`.
    public mutating func append(_ frame: Frame) {
        frames.append(frame)
        bytes += frame.body.readableBytes
    }

    /// The next frame to put on the connection.
    public mutating func next() -> Frame? {
        guard !isHeld, cursor < frames.count else { return nil }
        cursor += 1
        highestSent = max(highestSent, sentSequence)
        return frames[cursor - 1]
    }

    /// Everything up to `sequence` is durable at the controller and is forgotten here.
    ///
    /// - Throws: `ProtocolError.sequenceGap` when it acknowledges what was never sent.
    /// - Returns: bytes that became free.
    @discardableResult
    public mutating func acknowledge(_ sequence: UInt64) throws(ProtocolError) -> Int {
        guard sequence <= highestSent else { throw .sequenceGap(expected: highestSent, got: sequence) }
        var freed = 0
        while first <= sequence {
            freed += frames.removeFirst().body.readableBytes
            first += 1
            cursor = max(0, cursor - 1)
        }
        bytes -= freed
        return freed
    }

    /// Nothing is sent until `resume`.
    public mutating func hold() {
        isHeld = true
    }

    /// A new connection, or a controller that can store again: the controller has everything up to `acknowledged`; the rest is sent again.
    ///
    /// - Throws: `ProtocolError.sequenceGap` when the controller claims to have what was never sent, or asks for
    ///   what was acknowledged and dropped: the stream cannot be whole then.
    public mutating func resume(after acknowledged: UInt64) throws(ProtocolError) {
        guard acknowledged <= highestSent, acknowledged >= first - 1 else {
            throw .sequenceGap(expected: first - 1, got: acknowledged)
        }
        try acknowledge(acknowledged)
        cursor = 0
        isHeld = false
    }
}
