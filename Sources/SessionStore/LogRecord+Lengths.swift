import NIOCore

/// Where records end, by the lengths that they state. Nothing else of them is looked at.
extension LogRecord {
    /// The whole records at the head of a buffer, and how many bytes it would take to have the next one too.
    static func whole(in buffer: ByteBuffer, atMost limit: Int) -> (bytes: Int, nextNeeds: Int) {
        var bytes = 0
        while let length = buffer.getInteger(at: buffer.readerIndex + bytes + 4, as: UInt32.self) {
            let total = prefixLength + Int(length)
            guard bytes + total <= min(buffer.readableBytes, limit) else { return (bytes, total) }
            bytes += total
        }
        return (bytes, prefixLength)
    }

    /// How much of a buffer goes into a segment that has this much room: the records that fit and one more. Of a buffer that
    /// does not hold records it is no more than that either.
    static func fitting(_ buffer: ByteBuffer, room: Int) -> Int {
        let (bytes, next) = whole(in: buffer, atMost: room)
        return min(bytes + min(next, longest), buffer.readableBytes)
    }
}
