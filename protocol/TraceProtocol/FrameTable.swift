/// Between whom a frame travels.
public struct FrameDirection: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let fromAgent = FrameDirection(rawValue: 1)
    public static let toAgent = FrameDirection(rawValue: 2)
    public static let fromOperator = FrameDirection(rawValue: 4)
    public static let toOperator = FrameDirection(rawValue: 8)
    /// Only in session logs.
    public static let log: FrameDirection = []

    public static let fromPeers: FrameDirection = [.fromAgent, .fromOperator]
    static let toPeers: FrameDirection = [.toAgent, .toOperator]
    static let all: FrameDirection = [.fromPeers, .toPeers]
}

/// Every kind of frame: its name in protocol/WIRE.md, the largest body that a receiver accepts (bytes), and between
/// whom it travels. `FrameTableTests` compares it with that page.
enum FrameTable {
    struct Row: Sendable {
        let type: FrameType
        let name: String
        let maximumBody: Int
        let directions: FrameDirection
        var isNumbered = false
    }

    /// Bytes. Frames of unknown types are skipped, but their length needs a limit too.
    static let maximumUnknownBody = 1 << 20

    static let rows: [Row] = [
        Row(type: .hello, name: "Hello", maximumBody: 64 << 10, directions: .fromPeers),
        Row(type: .welcome, name: "Welcome", maximumBody: 64 << 10, directions: .toPeers),
        Row(type: .goodbye, name: "Goodbye", maximumBody: 64 << 10, directions: .all),
        Row(type: .ping, name: "Ping", maximumBody: 64, directions: .all),
        Row(type: .pong, name: "Pong", maximumBody: 64, directions: .all),

        Row(type: .command, name: "Command", maximumBody: 1 << 20, directions: .toAgent),
        Row(type: .commandReply, name: "CommandReply", maximumBody: 1 << 20, directions: .fromAgent),
        Row(type: .vitals, name: "Vitals", maximumBody: 4 << 10, directions: .fromAgent),

        Row(
            type: .batch, name: "Batch", maximumBody: BatchHeader.length + Batch.maximumEncoded,
            directions: .fromAgent, isNumbered: true),
        Row(type: .metadata, name: "NodeMetadata", maximumBody: 32 << 20, directions: .fromAgent, isNumbered: true),
        Row(type: .finish, name: "Finish", maximumBody: 32 << 20, directions: .fromAgent, isNumbered: true),
        Row(type: .watermark, name: "Watermark", maximumBody: Watermark.maximumBody, directions: .fromAgent),
        Row(type: .acknowledge, name: "Acknowledge", maximumBody: 64, directions: .toAgent),
        Row(type: .credit, name: "Credit", maximumBody: 64, directions: .toAgent),
        Row(type: .counts, name: "CountTotals", maximumBody: 32 << 20, directions: .fromAgent),
        Row(type: .loss, name: "Loss", maximumBody: 1 << 20, directions: .fromAgent, isNumbered: true),
        Row(type: .rewind, name: "Rewind", maximumBody: 64, directions: .toAgent),

        Row(type: .clockProbe, name: "ClockProbe", maximumBody: 64, directions: .toAgent),
        Row(type: .clockReply, name: "ClockReply", maximumBody: 64, directions: .fromAgent),
        Row(type: .clockSample, name: "ClockSample", maximumBody: 64, directions: .log),
        Row(type: .nodeNote, name: "NodeNote", maximumBody: 1 << 20, directions: .log),
        Row(type: .segmentEnd, name: "SegmentEnd", maximumBody: 512, directions: .log),
        Row(type: .journalEntry, name: "JournalEntry", maximumBody: 2 << 20, directions: .log),

        Row(type: .request, name: "Request", maximumBody: 1 << 20, directions: .fromOperator),
        Row(type: .reply, name: "Reply", maximumBody: 32 << 20, directions: .toOperator),
        Row(type: .logChunk, name: "LogChunk", maximumBody: 34 << 20, directions: .toOperator),
        Row(type: .streamEnd, name: "StreamEnd", maximumBody: 1 << 20, directions: .toOperator),
        Row(type: .countReport, name: "CountReport", maximumBody: 32 << 20, directions: .toOperator),
    ]

    private static let byRawValue: [Row?] = {
        var table = [Row?](repeating: nil, count: 256)
        for row in rows { table[Int(row.type.rawValue)] = row }
        return table
    }()

    static func row(of type: FrameType) -> Row? { byRawValue[Int(type.rawValue)] }
}
