import DequeModule
import NIOCore
import TraceProtocol

/// The numbered frames of one session that the controller has not acknowledged yet, in memory, on disk or both.
///
/// Sequence numbers are given here, from 1 without holes. A frame stays until it is acknowledged. After a reconnect the
/// frames that the controller does not have are sent again. Of frames that are on disk the memory is a cache: it holds the
/// next ones to send.
public struct Spool: Sendable {
    private var frames: Deque<SpooledFrame> = []
    /// Sequence number of `frames.first`.
    private var first: UInt64 = 1
    /// Index into `frames` of the next one to send.
    private var cursor = 0
    /// Highest sequence number that was ever sent; what was sent on a lost connection may have arrived.
    private var highestSent: UInt64 = 0
    /// The controller cannot store anything at present: nothing is sent.
    private var isHeld = false
    /// Frames are being read from disk.
    private var isLoading = false
    /// Events, by CPU, in frames that could not be read again.
    private(set) var unreadable: [UInt32: UInt64] = [:]
    /// Bytes held, frame bodies only, wherever they are.
    public private(set) var bytes = 0
    /// Those of them in memory.
    public private(set) var memory = 0
    /// The most that `memory` should reach. Without a disk the kernel's ring then holds what comes, or drops it and counts.
    public let budget: Int

    public init(budget: Int) {
        self.budget = budget
    }

    public var hasRoom: Bool { memory < budget }
    /// Highest sequence number given so far; 0 before the first.
    public var lastSequence: UInt64 { first + UInt64(frames.count) - 1 }
    /// Sequence number of the last frame that `next` returned; 0 before the first.
    public var sentSequence: UInt64 { first + UInt64(cursor) - 1 }
    /// Sequence number of the last frame that was acknowledged; 0 before the first.
    var acknowledged: UInt64 { first - 1 }
    public var isAcknowledged: Bool { frames.isEmpty }
    /// Something is to be sent.
    var isWaiting: Bool { cursor < frames.count }

    /// Appends a frame whose body was written with the sequence number `lastSequence + 1`.
    ///
    /// - Parameter location: where it is on disk too; nil where it is not.
    mutating func append(_ frame: Frame, at location: SpoolLocation? = nil) {
        var spooled = SpooledFrame(frame, at: location)
        bytes += spooled.bytes
        if location == nil || memory + spooled.bytes <= budget { memory += spooled.bytes } else { spooled.frame = nil }
        frames.append(spooled)
    }

    /// The next frame to put on the connection. Nil when there is none, and also while it is on disk only.
    public mutating func next() -> Frame? {
        guard !isHeld, cursor < frames.count, let frame = frames[cursor].frame else { return nil }
        if frames[cursor].location != nil { forget(cursor) }
        cursor += 1
        highestSent = max(highestSent, sentSequence)
        return frame
    }

    private mutating func forget(_ index: Int) {
        frames[index].frame = nil
        memory -= frames[index].bytes
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
            let frame = frames.removeFirst()
            if frame.frame != nil { memory -= frame.bytes }
            freed += frame.bytes
            first += 1
            cursor = max(0, cursor - 1)
        }
        bytes -= freed
        return freed
    }

    /// Goes on with the stream of an agent that died: the controller has everything up to `acknowledged`, and
    /// `undelivered` comes next. Before anything is appended.
    mutating func goOn(after acknowledged: UInt64, with undelivered: UndeliveredFrames) {
        frames = Deque(undelivered.frames)
        first = acknowledged + 1
        highestSent = acknowledged
        bytes = frames.reduce(0) { $0 + $1.bytes }
        memory = frames.reduce(0) { $0 + ($1.frame == nil ? 0 : $1.bytes) }
    }

    /// All frames that are not acknowledged and in memory alone, in their order.
    var unacknowledged: [Frame] { frames.compactMap { $0.location == nil ? $0.frame : nil } }

    /// Nothing is sent until `resume`.
    public mutating func hold() {
        isHeld = true
    }

    /// A new connection, or a controller that can store again: the controller has everything up to `acknowledged`; the
    /// rest is sent again.
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

    // MARK: The disk

    /// The frames to read from disk, when the next one to send is not in memory and nobody reads yet. `loaded` follows.
    ///
    /// - Parameter limit: bytes of them, but for the first.
    mutating func missing(atMost limit: Int) -> [(sequence: UInt64, location: SpoolLocation)] {
        guard !isLoading, !isHeld, cursor < frames.count, frames[cursor].frame == nil else { return [] }
        isLoading = true
        var missing: [(UInt64, SpoolLocation)] = []
        var sum = 0
        for index in cursor..<frames.count {
            guard frames[index].frame == nil, let location = frames[index].location else { break }
            sum += frames[index].bytes
            guard missing.isEmpty || sum <= limit else { break }
            missing.append((first + UInt64(index), location))
        }
        return missing
    }

    /// Frames that were read. One that cannot be read is replaced: its number must not be missing.
    ///
    /// - Parameter replacement: makes a frame in place of one that cannot be read.
    mutating func loaded(
        _ found: [(sequence: UInt64, frame: Frame?)], replacement: (SpooledFrame, UInt64) -> Frame
    ) {
        isLoading = false
        for (sequence, frame) in found where sequence >= first {
            let index = Int(sequence - first)
            guard index >= cursor, index < frames.count, frames[index].frame == nil else { continue }
            if let frame {
                frames[index].frame = frame
            } else {
                if frames[index].type == .batch {
                    unreadable[frames[index].cpu, default: 0] += UInt64(frames[index].events)
                }
                let made = SpooledFrame(replacement(frames[index], sequence), at: nil)
                bytes += made.bytes - frames[index].bytes
                frames[index] = made
            }
            memory += frames[index].bytes
        }
    }
}
