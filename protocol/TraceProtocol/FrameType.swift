/// The kinds of frame of wire protocol version 1 (protocol/WIRE.md, "Frames"). ``FrameTable`` has the limit of each and
/// who may send it.
///
/// A session log has the same kinds, so that a frame is stored as it arrived.
public struct FrameType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    // Connection.
    public static let hello = FrameType(rawValue: 0x01)
    public static let welcome = FrameType(rawValue: 0x02)
    public static let goodbye = FrameType(rawValue: 0x03)
    public static let ping = FrameType(rawValue: 0x04)
    public static let pong = FrameType(rawValue: 0x05)

    // Controller and agent.
    public static let command = FrameType(rawValue: 0x10)
    public static let commandReply = FrameType(rawValue: 0x11)
    /// Sent without a command: what the agent costs, and which events its node has.
    public static let vitals = FrameType(rawValue: 0x12)

    // The numbered stream of one session and node, and the frames that control it.
    public static let batch = FrameType(rawValue: 0x20)
    public static let metadata = FrameType(rawValue: 0x21)
    public static let finish = FrameType(rawValue: 0x22)
    public static let watermark = FrameType(rawValue: 0x23)
    public static let acknowledge = FrameType(rawValue: 0x24)
    public static let credit = FrameType(rawValue: 0x25)
    /// The totals of a count so far.
    public static let counts = FrameType(rawValue: 0x26)
    /// Numbered: what an agent that died had read and nobody has.
    public static let loss = FrameType(rawValue: 0x27)
    /// The agent is to send again what comes after a number.
    public static let rewind = FrameType(rawValue: 0x28)

    // Clocks.
    public static let clockProbe = FrameType(rawValue: 0x30)
    public static let clockReply = FrameType(rawValue: 0x31)
    /// The four time stamps of an answered probe.
    public static let clockSample = FrameType(rawValue: 0x32)
    public static let nodeNote = FrameType(rawValue: 0x33)
    /// Closes a finished segment of a log.
    public static let segmentEnd = FrameType(rawValue: 0x34)
    /// Of a session's journal, which the controller keeps beside the logs.
    public static let journalEntry = FrameType(rawValue: 0x35)

    // Operators.
    public static let request = FrameType(rawValue: 0x40)
    public static let reply = FrameType(rawValue: 0x41)
    public static let logChunk = FrameType(rawValue: 0x42)
    public static let streamEnd = FrameType(rawValue: 0x43)
    public static let countReport = FrameType(rawValue: 0x44)

    /// The largest body that a receiver accepts, bytes. A longer one ends the connection before anything is allocated.
    public var maximumBody: Int { FrameTable.row(of: self)?.maximumBody ?? FrameTable.maximumUnknownBody }

    /// Whether this build knows what the frame means; others are skipped.
    public var isKnown: Bool { FrameTable.row(of: self) != nil }

    /// Whether the frame carries a session's id and a sequence number at the head of its body, is kept by the agent
    /// until it is acknowledged, and counts against credit.
    public var isNumbered: Bool { FrameTable.row(of: self)?.isNumbered ?? false }

    /// Whether the frame travels in one of these directions.
    public func travels(_ directions: FrameDirection) -> Bool {
        FrameTable.row(of: self).map { !$0.directions.isDisjoint(with: directions) } ?? false
    }
}

extension FrameType: CustomStringConvertible {
    /// E.g. `Batch`; a kind that this build does not know by its value, e.g. `frame type 0x7f`.
    public var description: String {
        FrameTable.row(of: self)?.name ?? "frame type 0x" + (rawValue < 16 ? "0" : "") + String(rawValue, radix: 16)
    }
}
