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

    private let layout: SessionLayout
    private let node: String
    private var file: File?
    private var path = FilePath()
    private var scanner = LogScanner()
    private var segment = 0
    private var fileOffset: UInt64 = 0

    public init(layout: SessionLayout, node: String) {
        self.layout = layout
        self.node = node
    }

    deinit {
        try? file?.close()
    }

    /// The next record or damage; nil at the end of the log.
    public mutating func next() throws(StoreError) -> Item? {
        while true {
            guard let file else {
                guard try openNextSegment() else { return nil }
                if let damage = try checkMagic() { return damage }
                continue
            }
            switch scanner.next() {
            case .record(let record): return .record(record)
            case .damage(let offset, let length, let reason): return damage(offset, length, reason)
            case .needsMore(let count):
                let piece = try NodeLogTail.read(file, at: fileOffset, count: max(count, Self.pieceSize), path)
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

    private mutating func openNextSegment() throws(StoreError) -> Bool {
        segment += 1
        path = try layout.segment(segment, of: node)
        do {
            file = try File.open(path, .readOnly, options: .closeOnExec)
        } catch Errno.noSuchFileOrDirectory {
            return false
        } catch {
            throw .system("open", path: path.string, error as? Errno ?? .ioError)
        }
        return true
    }

    private mutating func checkMagic() throws(StoreError) -> Item? {
        guard let file else { return nil }
        let length = SessionLayout.segmentMagic.count
        let head = try NodeLogTail.read(file, at: 0, count: length, path)
        fileOffset = UInt64(length)
        scanner = LogScanner(offset: fileOffset)
        guard Array(head.readableBytesView) == SessionLayout.segmentMagic else {
            return .damage("\(path): does not begin as a segment does")
        }
        return nil
    }
}
