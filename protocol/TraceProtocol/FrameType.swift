/// The kinds of frame of wire protocol version 1 and how large each may be (protocol/WIRE.md, "Frames").
///
/// A session log stores the same kinds, so that a frame can be stored as it came.
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

    // Controller to agent, and back.
    public static let command = FrameType(rawValue: 0x10)
    public static let answer = FrameType(rawValue: 0x11)
    /// Agent to controller, unasked: what the agent costs and which events its node has.
    public static let vitals = FrameType(rawValue: 0x12)

    // The numbered stream of one session and node, and what governs it.
    public static let batch = FrameType(rawValue: 0x20)
    public static let metadata = FrameType(rawValue: 0x21)
    public static let finish = FrameType(rawValue: 0x22)
    public static let watermark = FrameType(rawValue: 0x23)
    public static let acknowledge = FrameType(rawValue: 0x24)
    public static let credit = FrameType(rawValue: 0x25)
    /// Agent to controller: what a count has counted so far.
    public static let counts = FrameType(rawValue: 0x26)

    // Clocks.
    public static let clockProbe = FrameType(rawValue: 0x30)
    public static let clockReply = FrameType(rawValue: 0x31)
    /// Log only: the four times of an answered probe.
    public static let clockKnot = FrameType(rawValue: 0x32)
    /// Log only: a `NodeNote`.
    public static let nodeNote = FrameType(rawValue: 0x33)

    // Operators.
    public static let request = FrameType(rawValue: 0x40)
    public static let response = FrameType(rawValue: 0x41)
    public static let logChunk = FrameType(rawValue: 0x42)
    public static let streamEnd = FrameType(rawValue: 0x43)
    public static let countReport = FrameType(rawValue: 0x44)

    /// The largest body in bytes that a receiver accepts. A longer one ends the connection before
    /// anything is allocated.
    public var maximumBody: Int {
        switch self {
        case .hello, .welcome, .goodbye: 64 << 10
        case .ping, .pong, .credit, .acknowledge, .clockProbe, .clockReply, .clockKnot: 64
        case .vitals: 4 << 10
        case .command, .answer, .request, .nodeNote, .streamEnd: 1 << 20
        case .batch: BatchHeader.length + Batch.maximumEncoded
        case .metadata, .response, .counts, .finish, .countReport: 32 << 20
        case .watermark: Watermark.maximumBody
        case .logChunk: 34 << 20
        // A newer peer's frame: it is read over, so it has to have some bound.
        default: 1 << 20
        }
    }

    /// Whether this build knows what the frame means; others are skipped.
    public var isKnown: Bool {
        switch self {
        case .hello, .welcome, .goodbye, .ping, .pong, .command, .answer, .vitals, .batch, .metadata, .finish,
            .watermark, .acknowledge, .credit, .clockProbe, .clockReply, .clockKnot, .nodeNote, .request, .response,
            .logChunk, .streamEnd, .counts, .countReport:
            true
        default: false
        }
    }

    /// What a controller takes from agents and operators.
    public static let fromPeers: Set<FrameType> = [
        .hello, .goodbye, .ping, .pong, .answer, .vitals, .batch, .metadata, .finish, .watermark, .counts,
        .clockReply, .request,
    ]
    /// What an agent takes.
    public static let toAgents: Set<FrameType> = [
        .welcome, .goodbye, .ping, .pong, .command, .acknowledge, .credit, .clockProbe,
    ]
    /// What an operator takes.
    public static let toOperators: Set<FrameType> = [
        .welcome, .goodbye, .ping, .pong, .response, .logChunk, .streamEnd, .countReport,
    ]

    /// Frames that carry a session's number and a sequence number at the head of their body, are kept by
    /// the agent until acknowledged, and count against credit.
    public var isNumbered: Bool {
        self == .batch || self == .metadata || self == .finish
    }
}

extension FrameType: CustomStringConvertible {
    public var description: String {
        "frame type 0x" + (rawValue < 16 ? "0" : "") + String(rawValue, radix: 16)
    }
}
