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

    /// Bytes of the log up to here, in all segments; by less than a record for each segment too few.
    public var bytesBefore: UInt64 { UInt64(segment - 1) * SessionLayout.segmentLimit + offset }

    /// Before the first record.
    public static let start = LogPosition(segment: 1, offset: UInt64(SessionLayout.segmentMagic.count))

    public static func < (one: LogPosition, other: LogPosition) -> Bool {
        (one.segment, one.offset) < (other.segment, other.offset)
    }
}
