import Glibc
import NIOCore
import SystemPackage
import TraceProtocol

/// Where readers of a log go on, and where it ends.
extension NodeLogFiles {
    /// Bytes of each segment that is there, from the first on.
    public func lengths() throws(StoreError) -> [UInt64] {
        var lengths: [UInt64] = []
        while let file = try open(lengths.count + 1) {
            defer { try? file.close() }
            var facts = stat()
            guard fstat(file.rawValue, &facts) == 0 else {
                throw .system("examine", path: path(lengths.count + 1).string, Errno(rawValue: errno))
            }
            lengths.append(UInt64(facts.st_size))
        }
        return lengths
    }

    /// Where the log ends.
    ///
    /// - Parameter isWhole: whether it was written to its end. Otherwise a record at the end may be cut off.
    public func end(isWhole: Bool) throws(StoreError) -> LogPosition {
        let lengths = try lengths()
        guard let last = lengths.last else { return .start }
        let offset =
            isWhole ? try recordsEnd(of: lengths.count, last) : try wholeLength(of: lengths.count, length: last)
        return LogPosition(segment: lengths.count, offset: max(offset, LogPosition.start.offset))
    }

    /// Where a reader goes on who has so many bytes of the log's records; nil when there are not so many, or when no record
    /// begins there.
    public func position(behind bytes: UInt64) throws(StoreError) -> LogPosition? {
        var rest = bytes
        var position = LogPosition.start
        let lengths = try lengths()
        for (index, length) in lengths.enumerated() {
            let records = try recordsEnd(of: index + 1, length) - min(length, LogPosition.start.offset)
            position = LogPosition(segment: index + 1, offset: LogPosition.start.offset + min(rest, records))
            guard rest >= records else { return try beginsRecord(at: position) ? position : nil }
            rest -= records
        }
        return rest == 0 ? position : nil
    }

    /// Where a segment's closing record begins; its length where it has none.
    private func recordsEnd(of segment: Int, _ length: UInt64) throws(StoreError) -> UInt64 {
        let closing = UInt64(SegmentEnd.recordLength(node: node))
        guard length >= LogPosition.start.offset + closing, let file = try open(segment) else { return length }
        defer { try? file.close() }
        let head = try NodeLogTail.read(file, at: length - closing, count: LogRecord.prefixLength + 1, path(segment))
        guard
            let (magic, body, _, type) = head.getMultipleIntegers(
                at: head.readerIndex, as: (UInt32, UInt32, UInt32, UInt8).self),
            magic == LogRecord.magic, UInt64(LogRecord.prefixLength) + UInt64(body) == closing,
            type == FrameType.segmentEnd.rawValue
        else { return length }
        return length - closing
    }

    private func beginsRecord(at position: LogPosition) throws(StoreError) -> Bool {
        guard let file = try open(position.segment) else { return false }
        defer { try? file.close() }
        let head = try NodeLogTail.read(file, at: position.offset, count: 4, path(position.segment))
        return head.getInteger(at: head.readerIndex, as: UInt32.self) == LogRecord.magic
    }

    /// Bytes of a segment up to the end of its last whole record, by the lengths that the records state.
    private func wholeLength(of segment: Int, length: UInt64) throws(StoreError) -> UInt64 {
        guard let file = try open(segment) else { return 0 }
        defer { try? file.close() }
        var offset = LogPosition.start.offset
        // Many records are small: one read serves all that lie in it.
        var (piece, pieceStart) = (ByteBuffer(), offset)
        while offset < length {
            if offset + UInt64(LogRecord.prefixLength) > pieceStart + UInt64(piece.readableBytes) {
                piece = try NodeLogTail.read(file, at: offset, count: 64 << 10, path(segment))
                pieceStart = offset
            }
            let head = piece.readerIndex + Int(offset - pieceStart)
            guard let (magic, body) = piece.getMultipleIntegers(at: head, as: (UInt32, UInt32).self),
                magic == LogRecord.magic
            else { break }
            let end = offset + UInt64(LogRecord.prefixLength) + UInt64(body)
            guard end <= length else { break }
            offset = end
        }
        return offset
    }
}
