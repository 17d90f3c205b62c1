import Glibc
import NIOCore
import SystemPackage

/// Reads a finished node log from its first segment to its last, in bounded memory, whatever state it is in.
public struct NodeLogReader: ~Copyable {
    public enum Item: Equatable, Sendable {
        case record(LogRecord)
        /// A part of the log that could not be read: its file, offset and length, and why. Reading goes on behind it.
        case damage(String)
    }

    private static let pieceSize = 1 << 20

    private let files: NodeLogFiles
    private var file: File?
    private var scanner = LogScanner()
    private var segment = 0
    private var fileOffset: UInt64 = 0
    /// Bytes in the segment.
    private var size: UInt64 = 0

    public init(_ files: NodeLogFiles) {
        self.files = files
    }

    deinit {
        try? file?.close()
    }

    /// The next record or damage; nil at the end of the log.
    public mutating func next() throws(StoreError) -> Item? {
        while true {
            guard let file else {
                guard let opened = try files.open(segment + 1) else { return nil }
                segment += 1
                if let damage = try begin(opened) { return damage }
                continue
            }
            switch scanner.next() {
            case .record(let record): return .record(record)
            case .damage(let offset, let length, let reason): return damage(offset, length, reason)
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
        if case .damage(let offset, let length, let reason) = item { return damage(offset, length, reason) }
        return nil
    }

    private func damage(_ offset: UInt64, _ length: UInt64, _ reason: String) -> Item {
        .damage("\(path): \(length) bytes at offset \(offset) are damaged: \(reason)")
    }

    private var path: FilePath { files.path(segment) }

    /// Looks at a segment's head and length. Damage is all that is read of one that is no segment of ours by its length.
    private mutating func begin(_ opened: File) throws(StoreError) -> Item? {
        var facts = stat()
        guard fstat(opened.rawValue, &facts) == 0 else {
            try? opened.close()
            throw .system("examine", path: path.string, Errno(rawValue: errno))
        }
        size = UInt64(facts.st_size)
        guard size <= SessionLayout.longestSegment else {
            try? opened.close()
            return .damage("\(path): its \(size) bytes are more than a segment has; nothing of it is read")
        }
        file = opened
        let length = SessionLayout.segmentMagic.count
        let head = try NodeLogTail.read(opened, at: 0, count: length, path)
        fileOffset = UInt64(length)
        scanner = LogScanner(offset: fileOffset)
        guard Array(head.readableBytesView) == SessionLayout.segmentMagic else {
            return .damage("\(path): does not begin as a segment does")
        }
        return nil
    }
}
