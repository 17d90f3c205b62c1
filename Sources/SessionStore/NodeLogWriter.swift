import Glibc
import NIOCore
import SystemPackage

/// Appends records to one node's log. Confined to the store's thread.
///
/// Records gather in memory until `flush`, so that a burst of small frames is one write. The first flush makes the node's
/// directory and segment: a file system needs long for a thousand of them, and nothing may wait for that.
///
/// After an error the log is still whole records, and `rewind` brings it back to what was settled last. Nothing that was
/// written behind that is believed: after a failed fdatasync the kernel holds the pages as clean, and another fdatasync
/// reports success (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
public struct NodeLogWriter: ~Copyable {
    private let files: NodeLogFiles
    /// It is to survive a power cut.
    private let isDurable: Bool
    /// Nil before the first flush.
    private var file: File?
    private var pending = ByteBuffer()
    private var isDirty = false
    /// The names of new segments may not survive a power cut yet.
    private var areNamesDirty = false
    /// There may be bytes behind `written` that are no part of the log.
    private var needsCut = false
    private var written: Mark
    private var settled: Mark

    /// Where a log stands.
    private struct Mark {
        var segment = 1
        var summary = SegmentSummary()
        /// The segment has its closing record, and nothing is appended to it.
        var isClosed = false

        /// Before the closing record: readers do not go beyond it.
        var position: LogPosition { LogPosition(segment: segment, offset: summary.bytes) }
    }

    /// - Parameter isDurable: false for a log that does not outlive its machine's power: nothing waits for the disk then.
    public init(_ files: NodeLogFiles, isDurable: Bool = true) {
        self.files = files
        self.isDurable = isDurable
        (written, settled) = (Mark(), Mark())
    }

    /// Goes on behind what a writer left that was killed. What is behind the last whole record is cut off.
    ///
    /// - Parameter scan: of the same log, with nothing appended since.
    /// - Throws: `StoreError.system`.
    public init(resuming files: NodeLogFiles, _ scan: NodeLogScan, isDurable: Bool = true) throws(StoreError) {
        self.files = files
        self.isDurable = isDurable
        let mark = Mark(segment: scan.end.segment, summary: scan.summary, isClosed: scan.isClosed)
        (written, settled) = (mark, mark)
        guard scan.exists else { return }
        file = try files.openToWrite(
            scan.end.segment, isBegun: scan.isClosed || scan.end.offset > LogPosition.start.offset)
        (isDirty, areNamesDirty, needsCut) = (true, true, !scan.isClosed)
        try cut()
    }

    deinit {
        try? file?.close()
    }

    // MARK: Where it stands

    /// Where the next flushed byte goes.
    public var position: LogPosition { written.position }
    /// The highest sequence number up to there; 0 before the first.
    public var sequence: UInt64 { written.summary.sequence }
    public var pendingBytes: Int { pending.readableBytes }

    /// Bytes of the log on disk, in all segments; by less than a record for each segment too few.
    public var writtenBytes: Int {
        Int(clamping: position.bytesBefore)
    }

    // MARK: Appending

    public mutating func append(_ record: LogRecord) {
        record.write(into: &pending)
    }

    /// Appends records that came as a log chunk: whole records in their form on disk.
    public mutating func append(records: ByteBuffer) {
        pending.writeImmutableBuffer(records)
    }

    /// Writes what has gathered. Readers see it from then on.
    ///
    /// - Throws: on failure the segment is cut back to its last whole record, so that it stays readable, and what was not
    ///   written is dropped.
    public mutating func flush() throws(StoreError) {
        while pending.readableBytes > 0 {
            do throws(StoreError) {
                if written.isClosed || written.summary.bytes >= SessionLayout.segmentLimit { try roll() }
                let room = Int(SessionLayout.segmentLimit - written.summary.bytes)
                // Only the last record of a segment may pass its limit.
                let count =
                    pending.readableBytes <= room ? pending.readableBytes : LogRecord.fitting(pending, room: room)
                try write(count)
            } catch {
                pending.clear()
                throw error
            }
        }
        releasePending()
    }

    private mutating func write(_ count: Int) throws(StoreError) {
        let file = try openFile()
        try cut()
        do throws(StoreError) {
            try write(pending, count, to: file)
        } catch {
            keepWholeRecords(file)
            throw error
        }
        written.summary.add(pending, count: count)
        pending.moveReaderIndex(forwardBy: count)
        isDirty = true
    }

    private func write(_ bytes: ByteBuffer, _ count: Int, to file: File) throws(StoreError) {
        try StoreError.naming("write", path) {
            try bytes.readableBytesView.prefix(count).withUnsafeBytes { bytes in
                _ = try file.writeAll(toAbsoluteOffset: Int64(written.summary.bytes), bytes)
            }
        }
    }

    private var path: FilePath { files.path(written.segment) }

    /// More memory than this is not kept for the next records: a log begins with a node's symbols, which are megabytes.
    private static let mostKept = 64 << 10

    private mutating func releasePending() {
        if pending.capacity > Self.mostKept { pending = ByteBuffer() } else { pending.clear() }
    }

    /// Keeps the whole records of what could be written of `pending`.
    private mutating func keepWholeRecords(_ file: File) {
        let end = lseek(file.rawValue, 0, SEEK_END)
        let length = min(max(0, Int(end) - Int(clamping: written.summary.bytes)), pending.readableBytes)
        let whole = LogRecord.whole(in: pending, atMost: length).bytes
        written.summary.add(pending, count: whole)
        (isDirty, needsCut) = (true, true)
        try? cut()
    }

    /// Removes what is behind the last whole record. What cannot be removed now is removed before anything is written.
    private mutating func cut() throws(StoreError) {
        guard needsCut, let file else { return }
        guard ftruncate(file.rawValue, off_t(written.summary.bytes)) == 0 else {
            throw .system("cut", path: path.string, Errno(rawValue: errno))
        }
        needsCut = false
    }

    // MARK: Settling

    /// Makes what was flushed survive a power cut, and settles it.
    ///
    /// - Throws: what was flushed since the last time may be lost, whatever a later call says: `rewind`, and write it again.
    public mutating func synchronize() throws(StoreError) {
        if isDirty, let file {
            guard fdatasync(file.rawValue) == 0 else {
                throw .system("write", path: path.string, Errno(rawValue: errno))
            }
            if areNamesDirty { try files.synchronizeNames() }
            (isDirty, areNamesDirty) = (false, false)
        }
        settle()
    }

    /// `rewind` goes back no further than to what is flushed now. For a log that need not survive a power cut.
    public mutating func settle() {
        settled = written
    }

    /// Back to what was settled last, or to the beginning of the segment. What was appended since is to be appended again.
    public mutating func rewind() {
        pending = ByteBuffer()
        written = settled
        needsCut = true
        try? cut()
    }

    /// Writes the last segment's closing record. Nothing is appended to it any more.
    public mutating func finish() throws(StoreError) {
        try flush()
        guard file != nil || written.segment > 1, !written.isClosed else { return }
        try closeSegment()
    }

    private mutating func closeSegment() throws(StoreError) {
        let file = try openFile()
        try cut()
        let end = SegmentEnd(session: files.session, segment: written.segment, written.summary, node: files.node)
        var bytes = ByteBuffer()
        end.record().write(into: &bytes)
        do throws(StoreError) {
            try write(bytes, bytes.readableBytes, to: file)
        } catch {
            needsCut = true
            try? cut()
            throw error
        }
        (written.isClosed, isDirty) = (true, true)
    }

    /// Begins the next segment.
    private mutating func roll() throws(StoreError) {
        if !written.isClosed { try closeSegment() }
        // The closing record may not survive without what it closes.
        if isDurable { try synchronize() }
        let next = Mark(segment: written.segment + 1, summary: SegmentSummary(after: written.summary.sequence))
        let opened = try files.create(next.segment)
        try? file?.close()
        file = opened
        (written, settled) = (next, next)
        (isDirty, areNamesDirty) = (true, true)
    }

    private mutating func openFile() throws(StoreError) -> File {
        if let file { return file }
        let created = try files.create(written.segment)
        file = created
        (isDirty, areNamesDirty) = (true, true)
        return created
    }
}
