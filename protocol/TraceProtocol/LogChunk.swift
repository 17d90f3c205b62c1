import NIOCore

/// `logChunk`, controller to operator: whole records of one node's session log, as they are in its file.
public struct LogChunk: Hashable, Sendable {
    public var session: UInt64
    /// Index into `SessionDescription.nodes`.
    public var node: UInt32
    public var records: ByteBuffer
    /// The records are told ahead, because the log cannot be written at present. They come again with the log, and do not
    /// count as a part of it.
    public var isAhead: Bool

    /// Set in the node's number on the wire.
    private static let aheadBit = UInt32(1) << 31

    public init(session: UInt64, node: UInt32, records: ByteBuffer, isAhead: Bool = false) {
        self.session = session
        self.node = node
        self.records = records
        self.isAhead = isAhead
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        body.reserveCapacity(12 + records.readableBytes)
        body.writeInteger(session)
        body.writeInteger(isAhead ? node | Self.aheadBit : node)
        body.writeImmutableBuffer(records)
        return Frame(.logChunk, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        guard let (session, node) = body.readMultipleIntegers(as: (UInt64, UInt32).self) else {
            throw .malformed(frame.type, "shorter than its header")
        }
        self.init(
            session: session, node: node & ~Self.aheadBit, records: body, isAhead: node & Self.aheadBit != 0)
    }

    /// The same in memory of its own. A body from a connection is a slice of a larger buffer, and the slice keeps the
    /// whole buffer alive: a watermark of 60 bytes that waits in a queue would hold 100 KiB and more.
    public func compacted() -> LogChunk {
        guard records.storageCapacity > 2 * records.readableBytes else { return self }
        var own = ByteBuffer()
        own.reserveCapacity(records.readableBytes)
        own.writeImmutableBuffer(records)
        return LogChunk(session: session, node: node, records: own, isAhead: isAhead)
    }
}
