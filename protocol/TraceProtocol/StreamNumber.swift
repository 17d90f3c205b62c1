import NIOCore

/// A frame's stream and its sequence number there: the 16 bytes at the head of every numbered frame.
public struct StreamNumber: Hashable, Sendable {
    public static let length = 16

    /// Random number of the session, the same on every node.
    public var session: UInt64
    /// Sequence number: from 1, without holes, per session and node.
    public var sequence: UInt64

    public init(session: UInt64, sequence: UInt64) {
        self.session = session
        self.sequence = sequence
    }

    public func write(into out: inout ByteBuffer) {
        out.writeInteger(session)
        out.writeInteger(sequence)
    }

    /// Reads the head of a numbered frame's body and moves the reader index past it.
    public init(reading body: inout ByteBuffer, of type: FrameType) throws(ProtocolError) {
        guard let (session, sequence) = body.readMultipleIntegers(as: (UInt64, UInt64).self) else {
            throw .malformed(type, "shorter than its stream number")
        }
        guard sequence > 0 else { throw .malformed(type, "sequence number 0") }
        self.init(session: session, sequence: sequence)
    }
}

/// `acknowledge`: everything up to this sequence number is durable at the controller.
public struct Acknowledgement: Hashable, Sendable {
    public var number: StreamNumber

    public init(_ number: StreamNumber) {
        self.number = number
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        number.write(into: &body)
        return Frame(.acknowledge, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        number = try StreamNumber(reading: &body, of: frame.type)
    }
}

/// `rewind`: the sender of a stream is to send again everything after this sequence number; ``hold`` for nothing until then.
public struct Rewind: Hashable, Sendable {
    public var number: StreamNumber

    /// Instead of a sequence number: the stream is paused.
    public static let hold = UInt64.max

    public init(_ number: StreamNumber) {
        self.number = number
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        number.write(into: &body)
        return Frame(.rewind, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        guard let (session, sequence) = body.readMultipleIntegers(as: (UInt64, UInt64).self) else {
            throw .malformed(frame.type, "shorter than its stream number")
        }
        number = StreamNumber(session: session, sequence: sequence)
    }
}

/// Decides whether a numbered frame is the next one, one that was received before, or comes after a hole.
public struct SequenceTracker: Sendable {
    /// Highest sequence number received so far.
    public private(set) var last: UInt64
    /// The sender was told to go back, and what it sent before that may still come.
    public private(set) var isRewinding = false

    public init(last: UInt64 = 0) {
        self.last = last
    }

    public enum Verdict: Equatable, Sendable {
        case next
        case duplicate
        /// It was sent before the sender was told to go back, and comes again.
        case early
    }

    /// The sender is told to send again everything after this sequence number.
    public mutating func rewind(to sequence: UInt64) {
        last = sequence
        isRewinding = true
    }

    /// - Throws: `ProtocolError.sequenceGap` when sequence numbers are missing. The agent sends in order, so a hole
    ///   means that frames are lost.
    public mutating func receive(_ sequence: UInt64) throws(ProtocolError) -> Verdict {
        if sequence <= last { return .duplicate }
        guard sequence == last + 1 else {
            if isRewinding { return .early }
            throw .sequenceGap(expected: last + 1, got: sequence)
        }
        last = sequence
        isRewinding = false
        return .next
    }
}
