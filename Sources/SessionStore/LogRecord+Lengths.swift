import NIOCore
import TraceProtocol

/// Where records end, by the lengths that they state. Nothing else of them is looked at.
extension LogRecord {
    /// The whole records at the head of a buffer.
    struct Whole {
        var bytes = 0
        /// How many bytes it would take to have the next one too.
        var nextNeeds = prefixLength
        /// The next one closes its segment.
        var isAtEnd = false
    }

    static func whole(in buffer: ByteBuffer, atMost limit: Int) -> Whole {
        var whole = Whole()
        while let (length, _, type) = buffer.getMultipleIntegers(
            at: buffer.readerIndex + whole.bytes + 4, as: (UInt32, UInt32, UInt8).self)
        {
            whole.isAtEnd = type == FrameType.segmentEnd.rawValue
            whole.nextNeeds = prefixLength + Int(length)
            guard !whole.isAtEnd, whole.bytes + whole.nextNeeds <= min(buffer.readableBytes, limit) else {
                return whole
            }
            whole.bytes += whole.nextNeeds
        }
        whole.nextNeeds = prefixLength + 1
        return whole
    }

    /// How much of a buffer goes into a segment that has this much room: the records that fit and one more. Of a buffer that
    /// does not hold records it is no more than that either.
    static func fitting(_ buffer: ByteBuffer, room: Int) -> Int {
        let whole = whole(in: buffer, atMost: room)
        return min(whole.bytes + min(whole.nextNeeds, longest), buffer.readableBytes)
    }
}
