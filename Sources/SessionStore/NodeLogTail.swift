import NIOCore
import SystemPackage

/// Reads a log that is still being written, in chunks of whole records, up to where its writer says. Closing records of
/// segments are left out: they belong to the files, and the records may be on their way into others.
/// Confined to the store's thread.
public struct NodeLogTail: ~Copyable {
    private let files: NodeLogFiles
    private var file: File?
    public private(set) var position: LogPosition

    /// - Parameter position: where a record begins.
    public init(_ files: NodeLogFiles, at position: LogPosition = .start) {
        self.files = files
        self.position = position
    }

    deinit {
        try? file?.close()
    }

    /// About `size` bytes of whole records from here, at least one record; nil when `end` is reached.
    ///
    /// - Parameter end: the writer's position; everything before it consists of whole records.
    public mutating func read(upTo end: LogPosition, size: Int) throws(StoreError) -> ByteBuffer? {
        while position < end {
            let path = files.path(position.segment)
            let open = try openSegment()
            let limit = position.segment == end.segment ? Int(end.offset - position.offset) : Int.max
            var chunk = try Self.read(open, at: position.offset, count: min(size, limit), path)
            var whole = LogRecord.whole(in: chunk, atMost: .max)
            if chunk.readableBytes == 0 || (whole.bytes == 0 && whole.isAtEnd) {
                guard position.segment < end.segment else { return nil }
                try? open.close()
                file = nil
                position = LogPosition(segment: position.segment + 1, offset: LogPosition.start.offset)
                continue
            }
            if whole.bytes == 0 {
                chunk = try Self.read(open, at: position.offset, count: min(whole.nextNeeds, limit), path)
                whole = LogRecord.whole(in: chunk, atMost: .max)
                guard whole.bytes > 0 else {
                    throw .notASession(path: path.string, "damaged at offset \(position.offset)")
                }
            }
            position.offset += UInt64(whole.bytes)
            return chunk.readSlice(length: whole.bytes)
        }
        return nil
    }

    private mutating func openSegment() throws(StoreError) -> File {
        if let file { return file }
        guard let opened = try files.open(position.segment) else {
            throw .system("open", path: files.path(position.segment).string, .noSuchFileOrDirectory)
        }
        file = opened
        return opened
    }

    static func read(
        _ file: File, at offset: UInt64, count: Int, _ path: FilePath
    ) throws(StoreError) -> ByteBuffer {
        var buffer = ByteBuffer()
        try StoreError.naming("read", path) {
            _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                let room = UnsafeMutableRawBufferPointer(rebasing: target[..<count])
                return try file.read(fromAbsoluteOffset: Int64(offset), into: room)
            }
        }
        return buffer
    }
}
