import Glibc
import NIOCore
import SystemPackage
import TraceProtocol

/// A session's journal: what its controller has noted, so that the next one goes on with it. Confined to the store's thread.
///
/// It has the form of a log: a head and records with check sums. It is written before what it says is done, and never
/// synchronized: it is for the process's death, and after a power cut no session goes on.
public final class SessionJournal {
    private let file: File
    private let path: FilePath
    /// Bytes of whole records, and the head.
    private var length: UInt64

    private static let head = Array("FLTRJRN1".utf8)
    /// A thousand nodes with the longest replies that one may send.
    private static let longest = 1 << 30

    deinit {
        try? file.close()
    }

    /// Begins a session's journal.
    public convenience init(in folder: OpenFolder) throws(StoreError) {
        self.init(try folder.newFile(SessionLayout.journal), folder, length: UInt64(Self.head.count))
        try write(ByteBuffer(bytes: Self.head), at: 0)
    }

    private init(_ file: File, _ folder: OpenFolder, length: UInt64) {
        self.file = file
        path = folder.path.appending(SessionLayout.journal)
        self.length = length
    }

    /// Goes on with one that was read.
    public convenience init(resuming folder: OpenFolder, _ found: Found) throws(StoreError) {
        guard let file = try folder.file(SessionLayout.journal, O_RDWR) else {
            throw .system("open", path: folder.path.appending(SessionLayout.journal).string, .noSuchFileOrDirectory)
        }
        self.init(file, folder, length: found.length)
        guard ftruncate(file.rawValue, off_t(length)) == 0 else {
            throw .system("cut", path: path.string, Errno(rawValue: errno))
        }
    }

    /// Adds entries, all or none of them.
    public func append(_ entries: [WireJournalEntry]) throws(StoreError) {
        var records = ByteBuffer()
        for entry in entries {
            let frame = try StoreError.naming("write", path) { try Frame(.journalEntry, entry) }
            LogRecord(frame, received: 0).write(into: &records)
        }
        try write(records, at: length)
        length += UInt64(records.readableBytes)
    }

    private func write(_ bytes: ByteBuffer, at offset: UInt64) throws(StoreError) {
        try StoreError.naming("write", path) {
            try bytes.readableBytesView.withUnsafeBytes { bytes in
                _ = try file.writeAll(toAbsoluteOffset: Int64(offset), bytes)
            }
        }
    }

    /// Of a session that has ended.
    public static func remove(from folder: OpenFolder) throws(StoreError) {
        try folder.removeFile(SessionLayout.journal)
    }

    // MARK: Reading

    /// What a journal says.
    public struct Found: Sendable {
        public var entries: [WireJournalEntry] = []
        /// Bytes up to the end of the last whole record: what is behind it was being written.
        fileprivate var length: UInt64
    }

    /// Reads a session's journal, up to the first record that is not whole; nil when there is none.
    public static func read(in folder: OpenFolder) throws(StoreError) -> Found? {
        guard let bytes = try folder.contents(of: SessionLayout.journal, limit: longest) else { return nil }
        guard bytes.starts(with: head) else {
            throw .notASession(
                path: folder.path.appending(SessionLayout.journal).string, "it does not begin as a journal does")
        }
        var found = Found(length: UInt64(head.count))
        var scanner = LogScanner(offset: found.length)
        scanner.feed(ByteBuffer(bytes: bytes.dropFirst(head.count)))
        while case .record(let record) = scanner.next() {
            // Of another version.
            guard record.frame.type == .journalEntry, let entry: WireJournalEntry = try? record.frame.message() else {
                break
            }
            found.entries.append(entry)
            found.length = scanner.offset
        }
        return found
    }
}
