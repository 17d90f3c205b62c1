import Glibc
import NIOCore
import SystemPackage

/// Appends records to one node's log. Confined to the store's thread.
///
/// Records gather in memory until `flush`, so that a burst of small frames is one write. The first flush makes the node's
/// directory and segment: a file system needs long for a thousand of them, and nothing may wait for that.
public struct NodeLogWriter: ~Copyable {
    private let files: NodeLogFiles
    /// Nil before the first flush.
    private var file: File?
    private var pending = ByteBuffer()
    private var dirty = false
    /// Where the next flushed byte goes.
    public private(set) var position: LogPosition

    public init(_ files: NodeLogFiles) {
        self.files = files
        position = .start
    }

    deinit {
        try? file?.close()
    }

    public mutating func append(_ record: LogRecord) {
        record.write(into: &pending)
    }

    /// Appends records that came as a log chunk: whole records in their form on disk.
    public mutating func append(records: ByteBuffer) {
        pending.writeImmutableBuffer(records)
    }

    public var pendingBytes: Int { pending.readableBytes }

    /// Bytes of the log on disk, in all segments; by less than a record for each segment too few.
    public var writtenBytes: Int {
        Int(clamping: position.bytesBefore)
    }

    /// Writes what has gathered. Readers see it from then on.
    ///
    /// - Throws: on failure the segment is cut back to its last whole record, so that it stays readable.
    public mutating func flush() throws(StoreError) {
        while pending.readableBytes > 0 {
            if position.offset >= SessionLayout.segmentLimit { try roll() }
            let room = Int(SessionLayout.segmentLimit - position.offset)
            // Only the last record of a segment may pass its limit.
            let count = pending.readableBytes <= room ? pending.readableBytes : LogRecord.fitting(pending, room: room)
            try write(count)
        }
        releasePending()
    }

    private mutating func write(_ count: Int) throws(StoreError) {
        let file = try openFile()
        do {
            try pending.readableBytesView.prefix(count).withUnsafeBytes { bytes in
                try StoreError.naming("write", path) {
                    _ = try file.writeAll(toAbsoluteOffset: Int64(position.offset), bytes)
                }
            }
        } catch {
            keepWholeRecords(file)
            pending.clear()
            throw error as? StoreError ?? .notASession(path: path.string, "\(error)")
        }
        pending.moveReaderIndex(forwardBy: count)
        position.offset += UInt64(count)
        dirty = true
    }

    private var path: FilePath { files.path(position.segment) }

    /// More memory than this is not kept for the next records: a log begins with a node's symbols, which are megabytes.
    private static let mostKept = 64 << 10

    private mutating func releasePending() {
        if pending.capacity > Self.mostKept { pending = ByteBuffer() } else { pending.clear() }
    }

    /// Cuts the segment back to the last whole record of what could be written of `pending`.
    private mutating func keepWholeRecords(_ file: File) {
        let end = lseek(file.rawValue, 0, SEEK_END)
        let written = min(max(0, Int(end) - Int(clamping: position.offset)), pending.readableBytes)
        var scanner = LogScanner(offset: position.offset)
        if let slice = pending.getSlice(at: pending.readerIndex, length: written) { scanner.feed(slice) }
        while case .record = scanner.next() { position.offset = scanner.offset }
        _ = ftruncate(file.rawValue, off_t(position.offset))
        dirty = true
    }

    /// Makes what was flushed survive a power cut.
    public mutating func synchronize() throws(StoreError) {
        guard dirty, let file else { return }
        guard fdatasync(file.rawValue) == 0 else { throw .system("write", path: path.string, Errno(rawValue: errno)) }
        dirty = false
    }

    private mutating func roll() throws(StoreError) {
        try synchronize()
        let opened = try files.create(position.segment + 1)
        try? file?.close()
        file = opened
        position = LogPosition(segment: position.segment + 1, offset: LogPosition.start.offset)
    }

    private mutating func openFile() throws(StoreError) -> File {
        if let file { return file }
        let created = try files.create(position.segment)
        file = created
        return created
    }
}
