/// One event of a sub-buffer. A view: valid for as long as the memory of its page.
@frozen
public struct Record {
    /// Time in ns of the trace clock.
    public let timestamp: UInt64
    /// The event's fields, beginning with `common_type`. Its length is a multiple of 4.
    public let payload: UnsafeRawBufferPointer

    @inlinable
    init(timestamp: UInt64, payload: UnsafeRawBufferPointer) {
        self.timestamp = timestamp
        self.payload = payload
    }
}

/// Walks the records of one sub-buffer: `struct ring_buffer_event` of include/linux/ring_buffer.h.
///
/// Every record starts with a 32-bit word: 5 bits `type_len`, 27 bits time since the previous record in ns.
/// `type_len` 1...28 is the payload's length in words, 0 puts that length into a second word, and 29, 30 and 31
/// are padding, time extend and absolute time stamp, which the cursor skips.
@frozen
public struct RecordCursor {
    @usableFromInline let data: UnsafeRawPointer
    @usableFromInline let end: Int
    @usableFromInline var position: Int
    @usableFromInline let errorBase: Int
    @usableFromInline var time: UInt64
    /// Time up to which the cursor has read, in ns of the trace clock; at first the page's time stamp. It includes time
    /// extends and discarded events.
    @inlinable public var timestamp: UInt64 { time }

    @inlinable
    init(data: UnsafeRawPointer, count: Int, timestamp: UInt64, errorBase: Int) {
        self.data = data
        end = count
        position = 0
        self.errorBase = errorBase
        time = timestamp
    }

    /// The next event, or `nil` at the end of the page.
    ///
    /// - Throws: `SubBufferError` at the first malformed record. Each record's length leads to the next record, so
    ///   later
    ///   ones cannot be found: the cursor is then at the end.
    @inlinable
    public mutating func next() throws(SubBufferError) -> Record? {
        while position < end {
            let start = position
            guard end &- start >= 4 else { throw fail(start, .recordHeaderTruncated) }
            let header = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: start, as: UInt32.self))
            let typeLength = header & 31
            if typeLength &- 1 < 28 {
                let length = Int(typeLength) &* 4
                guard end &- start >= length &+ 4 else {
                    throw fail(start, .recordExceedsCommit(length: length &+ 4))
                }
                time &+= UInt64(header >> 5)
                position = start &+ 4 &+ length
                return Record(
                    timestamp: time, payload: UnsafeRawBufferPointer(start: data + (start &+ 4), count: length))
            }
            if let length = try special(header, at: start) {
                return Record(
                    timestamp: time, payload: UnsafeRawBufferPointer(start: data + (start &+ 8), count: length))
            }
        }
        return nil
    }

    /// Counts the events up to the end of the page, or to a malformed record.
    @inlinable
    public mutating func countRemaining() -> RecordCount {
        var count = RecordCount()
        var at = position
        var now = time
        // Not `now`: time extends and discarded events advance it too, but they are no events.
        var eventTime = now
        while end &- at >= 4 {
            let header = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let typeLength = header & 31
            let next = at &+ 4 &+ Int(typeLength) &* 4
            if typeLength &- 1 < 28, next <= end {
                now &+= UInt64(header >> 5)
                eventTime = now
                at = next
                count.events &+= 1
                continue
            }
            position = at
            time = now
            do throws(SubBufferError) {
                guard typeLength &- 1 >= 28 else {
                    throw fail(at, .recordExceedsCommit(length: next &- at))
                }
                if try special(header, at: at) != nil {
                    count.events &+= 1
                    eventTime = time
                }
            } catch {
                count.error = error
            }
            at = position
            now = time
        }
        if at < end { count.error = fail(at, .recordHeaderTruncated) }
        time = now
        position = end
        if count.events > 0 { count.lastTimestamp = eventTime }
        return count
    }

    /// Handles every record whose length is not in its header alone, and moves past it.
    ///
    /// - Returns: the payload's length if it is an event. The payload starts 8 bytes after `start`.
    @usableFromInline
    mutating func special(_ header: UInt32, at start: Int) throws(SubBufferError) -> Int? {
        let typeLength = header & 31
        let delta = UInt64(header >> 5)
        if typeLength == 29 && delta == 0 {
            // rb_event_set_padding: padding up to the end of the page, without a length word.
            position = end
            return nil
        }
        guard end &- start >= 8 else { throw fail(start, .recordHeaderTruncated) }
        let word = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: start &+ 4, as: UInt32.self))
        switch typeLength {
        case 30:
            time &+= UInt64(word) << 27 &+ delta
            position = start &+ 8
            return nil
        case 31:
            time = Self.absolute(UInt64(word) << 27 &+ delta, after: time)
            position = start &+ 8
            return nil
        default:
            // An event (0) or padding (29). The length word counts itself.
            guard word >= 4, word & 3 == 0 else { throw fail(start, .recordLength(word)) }
            let length = Int(word) &+ 4
            guard end &- start >= length else { throw fail(start, .recordExceedsCommit(length: length)) }
            // The next event's delta counts from a discarded event's time. The kernel writes 1 where the delta was 0
            // and at the end of a page, so 1 means no time here, as in the kernel's check_buffer.
            if typeLength == 0 || delta != 1 { time &+= delta }
            position = start &+ length
            return typeLength == 0 ? length &- 8 : nil
        }
    }

    /// An absolute time stamp has 59 bits. For a clock that uses more, the upper five come from the previous time
    /// (`rb_fix_abs_ts`).
    private static func absolute(_ stamp: UInt64, after previous: UInt64) -> UInt64 {
        let upper = previous & (0xf8 << 56)
        guard upper != 0 else { return stamp }
        let full = stamp | upper
        return full < previous ? full &+ (1 << 59) : full
    }

    @usableFromInline
    mutating func fail(_ start: Int, _ reason: SubBufferError.Reason) -> SubBufferError {
        position = end
        return SubBufferError(offset: errorBase &+ start, reason: reason)
    }
}
