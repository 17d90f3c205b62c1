/// One ring-buffer sub-buffer as read from `trace_pipe_raw`, whole or without its unused tail.
///
/// A view: valid for as long as the memory it was made from.
@frozen
public struct SubBuffer {
    /// `RB_MISSED_EVENTS`: events were lost before this page.
    @usableFromInline static let missedFlag: UInt32 = 1 << 31
    /// `RB_MISSED_STORED`: their number, a `long`, follows the committed data.
    @usableFromInline static let storedFlag: UInt32 = 1 << 30

    /// The time from which the first record's delta counts, in ns of the trace clock.
    public let timestamp: UInt64
    /// What was lost before this page.
    public let missedEvents: MissedEvents
    /// Bytes from the page's start that carry information: header, records and the stored count of missed events. The
    /// rest need not be sent.
    public let usedLength: Int
    /// The first record.
    @usableFromInline let data: UnsafeRawPointer
    /// Offset of `data` from the page's start, for error messages.
    @usableFromInline let dataOffset: Int
    /// Bytes of records.
    public let committedLength: Int

    /// The records' bytes, including padding and time extends.
    @inlinable public var committed: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: data, count: committedLength)
    }

    /// Reads the page header at the start of `region`, which may be longer than the page.
    ///
    /// - Throws: `SubBufferError` with an offset from the page's start. Records are checked when they are walked.
    @inlinable
    public init(_ region: UnsafeRawBufferPointer, layout: SubBufferLayout) throws(SubBufferError) {
        guard let base = region.baseAddress, region.count >= layout.dataOffset else {
            throw SubBufferError(offset: 0, reason: .headerTruncated(available: region.count))
        }
        // The flags are ints that the kernel adds to a long: bit 31 is sign-extended into an 8-byte commit.
        // Only the low half means anything.
        let word = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: layout.commitOffset, as: UInt32.self))
        let commit = Int(word & ~(Self.missedFlag | Self.storedFlag))
        guard commit <= layout.dataSize else {
            throw SubBufferError(
                offset: layout.commitOffset, reason: .commitExceedsPage(commit: commit, room: layout.dataSize))
        }
        var used = layout.dataOffset &+ commit
        let isStored = word & Self.missedFlag != 0 && word & Self.storedFlag != 0
        if isStored { used &+= layout.commitSize }
        guard used <= layout.pageSize else {
            throw SubBufferError(
                offset: layout.commitOffset, reason: .commitExceedsPage(commit: commit, room: layout.dataSize))
        }
        guard used <= region.count else {
            throw SubBufferError(
                offset: layout.commitOffset,
                reason: .commitExceedsRegion(commit: commit, available: region.count &- layout.dataOffset))
        }
        timestamp = UInt64(
            littleEndian: base.loadUnaligned(fromByteOffset: layout.timestampOffset, as: UInt64.self))
        data = base + layout.dataOffset
        dataOffset = layout.dataOffset
        committedLength = commit
        usedLength = used
        if isStored {
            let at = layout.dataOffset &+ commit
            missedEvents = .count(
                layout.commitSize == 8
                    ? UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                    : UInt64(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt32.self))))
        } else {
            missedEvents = word & Self.missedFlag != 0 ? .unknown : .none
        }
    }

    /// A cursor before the first record.
    @inlinable
    public func records() -> RecordCursor {
        RecordCursor(data: data, count: committedLength, timestamp: timestamp, errorBase: dataOffset)
    }
}
