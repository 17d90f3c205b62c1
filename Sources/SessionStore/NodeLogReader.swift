import Glibc
import NIOCore
import SystemPackage

/// Reads a finished node log from its first segment to its last, in bounded memory, whatever state it is in.
public struct NodeLogReader: ~Copyable {
    public enum Item: Equatable, Sendable {
        case record(LogRecord)
        /// A part of the log that could not be read, or is not what it has to be. Reading goes on behind it.
        case damage(LogDamage)
    }

    private static let pieceSize = 1 << 20

    private let files: NodeLogFiles
    /// The number of the last segment; nil before the first read.
    private var last: Int?
    private var file: File?
    private var scanner = LogScanner()
    private var fileOffset: UInt64 = 0
    /// Damage that was found together with the one that was returned.
    private var waiting: LogDamage?
    /// The segment that is read; 0 before the first. At the end of the log it is the last.
    private(set) var segment = 0
    /// Bytes in the segment.
    private(set) var size: UInt64 = 0
    /// Its version of the format; nil where it does not begin as a segment does.
    private(set) var version: Int?
    /// Its whole records up to here.
    private(set) var summary = SegmentSummary()
    /// Offset behind the last of them.
    private(set) var wholeEnd: UInt64 = 0
    /// Its closing record has been read.
    private(set) var isClosed = false
    /// Something of it could not be read.
    private var isDamaged = false

    public init(_ files: NodeLogFiles) {
        self.files = files
    }

    deinit {
        try? file?.close()
    }

    /// Something about the record that `next` returned last.
    func fault(_ reason: String) -> LogDamage {
        let length = UInt64(scanner.last.length)
        return LogDamage(
            path: path, segment: segment, offset: scanner.offset - length, length: length, reason: reason)
    }

    /// Something that is missing before that record.
    func hole(_ reason: String) -> LogDamage {
        var hole = fault(reason)
        hole.length = 0
        return hole
    }

    /// The next record or damage; nil at the end of the log.
    public mutating func next() throws(StoreError) -> Item? {
        if let damage = waiting {
            waiting = nil
            return .damage(damage)
        }
        while true {
            guard let file else {
                guard let item = try nextSegment() else { return nil }
                if case .damage(let damage) = item { return .damage(damage) }
                continue
            }
            switch scanner.next() {
            case .record(let record):
                if record.frame.type == .segmentEnd {
                    if let damage = check(SegmentEnd(record.frame)) { return .damage(damage) }
                    continue
                }
                summary.add(record, crc: scanner.last.crc, length: scanner.last.length)
                wholeEnd = scanner.offset
                if isClosed, !isDamaged {
                    waiting = damage(wholeEnd - UInt64(scanner.last.length), 0, "a record behind the closing record")
                }
                return .record(record)
            case .damage(let offset, let length, let reason): return .damage(damage(offset, length, reason))
            case .needsMore(let count):
                let count = min(UInt64(max(count, Self.pieceSize)), size - min(fileOffset, size))
                let piece =
                    count > 0 ? try NodeLogTail.read(file, at: fileOffset, count: Int(count), path) : ByteBuffer()
                if piece.readableBytes > 0 {
                    fileOffset += UInt64(piece.readableBytes)
                    scanner.feed(piece)
                } else if let item = endOfSegment() {
                    return item
                }
            }
        }
    }

    private mutating func endOfSegment() -> Item? {
        let before = scanner.offset
        let item = scanner.end()
        // The scanner found a position at which a record may begin.
        if item == nil, scanner.offset != before { return nil }
        try? file?.close()
        file = nil
        var found: [LogDamage] = []
        if case .damage(let offset, let length, let reason) = item { found.append(damage(offset, length, reason)) }
        if version == SessionLayout.version, !isClosed, segment < last ?? 0, !isDamaged {
            found.append(damage("it is cut off: its closing record is missing"))
        }
        waiting = found.dropFirst().first
        return found.first.map(Item.damage)
    }

    /// What the closing record says against the segment; nil when nothing.
    private mutating func check(_ stated: SegmentEnd?) -> LogDamage? {
        defer { isClosed = true }
        let length = UInt64(scanner.last.length)
        let offset = scanner.offset - length
        guard let stated else { return damage(offset, length, "its closing record is too short") }
        guard !isClosed else { return damage(offset, length, "a second closing record") }
        let found = SegmentEnd(session: files.session, segment: segment, summary, node: files.node)
        guard !isDamaged, let difference = stated.difference(from: found) else { return nil }
        return damage("its closing record says: \(difference)")
    }

    private mutating func damage(_ offset: UInt64, _ length: UInt64, _ reason: String) -> LogDamage {
        isDamaged = true
        return LogDamage(path: path, segment: segment, offset: offset, length: length, reason: reason)
    }

    private mutating func damage(_ reason: String) -> LogDamage {
        isDamaged = true
        return LogDamage(path: path, segment: segment, reason: reason)
    }

    private var path: FilePath { files.path(segment) }

    private enum Opened {
        case segment
        case damage(LogDamage)
    }

    /// Opens the next segment; nil when there is none. One that is missing between others is damage.
    private mutating func nextSegment() throws(StoreError) -> Opened? {
        let last = if let last { last } else { try files.last() }
        self.last = last
        guard segment < last else {
            // One that was begun meanwhile.
            guard let opened = try files.open(segment + 1) else { return nil }
            self.last = segment + 1
            return try begin(opened)
        }
        guard let opened = try files.open(segment + 1) else {
            begin(segment: segment + 1, size: 0)
            return .damage(damage("this segment is missing"))
        }
        return try begin(opened)
    }

    private mutating func begin(segment: Int, size: UInt64) {
        self.segment = segment
        self.size = size
        scanner = LogScanner(offset: LogPosition.start.offset)
        fileOffset = LogPosition.start.offset
        wholeEnd = fileOffset
        summary = SegmentSummary(after: summary.sequence)
        (version, isClosed, isDamaged) = (nil, false, false)
    }

    /// Looks at a segment's head and length. Damage is all that is read of one that is no segment of ours by its length.
    private mutating func begin(_ opened: File) throws(StoreError) -> Opened {
        var facts = stat()
        guard fstat(opened.rawValue, &facts) == 0 else {
            try? opened.close()
            throw .system("examine", path: files.path(segment + 1).string, Errno(rawValue: errno))
        }
        begin(segment: segment + 1, size: UInt64(facts.st_size))
        guard size <= SessionLayout.longestSegment else {
            try? opened.close()
            return .damage(damage("its \(size) bytes are more than a segment has; nothing of it is read"))
        }
        file = opened
        let head = try NodeLogTail.read(opened, at: 0, count: SessionLayout.segmentMagic.count, path)
        version = SessionLayout.version(ofHead: Array(head.readableBytesView))
        guard let version else { return .damage(damage("it does not begin as a segment does")) }
        guard version > SessionLayout.version else { return .segment }
        return .damage(
            damage("it has version \(version) of the format, and this program reads 1 and 2: what it can read is shown")
        )
    }
}
