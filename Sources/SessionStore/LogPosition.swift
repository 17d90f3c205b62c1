/// A position in a node's log.
public struct LogPosition: Hashable, Comparable, Sendable {
    /// From 1.
    public var segment: Int
    /// Bytes from the start of the segment.
    public var offset: UInt64

    public init(segment: Int, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    /// Before the first record.
    public static let start = LogPosition(segment: 1, offset: UInt64(SessionLayout.segmentMagic.count))

    public static func < (one: LogPosition, other: LogPosition) -> Bool {
        (one.segment, one.offset) < (other.segment, other.offset)
    }
}
