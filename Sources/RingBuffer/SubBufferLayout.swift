import TextPatterns

/// The layout of a ring-buffer sub-buffer: the kernel's `struct buffer_data_page` (kernel/trace/ring_buffer.c), which
/// tracefs `events/header_page` describes.
///
/// Only little-endian kernels are supported. The text does not state the byte order, so the code that knows it (from
/// the trace.dat header or a node's architecture) refuses other kernels.
@frozen
public struct SubBufferLayout: Sendable, Equatable {
    /// The largest sub-buffer the kernel can have, in bytes: its write index is 20 bits wide (`RB_WRITE_MASK`).
    public static let maximumPageSize = 1 << 20

    /// Offset of the 8-byte time stamp, in bytes.
    public let timestampOffset: Int
    /// Offset of the commit word, in bytes.
    public let commitOffset: Int
    /// Size of the commit word, 4 or 8 bytes: the kernel's `long`. A stored count of missed events has the same size.
    public let commitSize: Int
    /// Offset of the first record, in bytes.
    public let dataOffset: Int
    /// Room for records, in bytes.
    public let dataSize: Int

    /// Size of the whole sub-buffer in bytes, usually 4096.
    @inlinable public var pageSize: Int { dataOffset &+ dataSize }

    /// The layout of a 64-bit kernel.
    ///
    /// - Parameter pageSize: the sub-buffer's size in bytes.
    /// - Throws: `SubBufferLayoutError` when `pageSize` is out of range.
    public static func kernel64(pageSize: Int = 4096) throws(SubBufferLayoutError) -> SubBufferLayout {
        try SubBufferLayout(
            timestampOffset: 0, commitOffset: 8, commitSize: 8, dataOffset: 16, dataSize: pageSize &- 16)
    }

    /// Reads tracefs `events/header_page`. Lines that are not fields, and fields with other names, are skipped.
    public init(headerPage text: String) throws(SubBufferLayoutError) {
        var fields: [Substring: FieldLine] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let field = FieldLine(line), let name = field.declaration.split(separator: " ").last else { continue }
            fields[name] = field
        }
        guard let timestamp = fields["timestamp"] else { throw .fieldMissing("timestamp") }
        guard let commit = fields["commit"] else { throw .fieldMissing("commit") }
        guard let data = fields["data"] else { throw .fieldMissing("data") }
        guard timestamp.size == 8 else { throw .fieldSize("timestamp", bytes: timestamp.size) }
        try self.init(
            timestampOffset: timestamp.offset, commitOffset: commit.offset, commitSize: commit.size,
            dataOffset: data.offset, dataSize: data.size)
    }

    /// Checks that the header fields lie before the data and that the page's size is one a kernel can have.
    public init(
        timestampOffset: Int, commitOffset: Int, commitSize: Int, dataOffset: Int, dataSize: Int
    ) throws(SubBufferLayoutError) {
        guard commitSize == 4 || commitSize == 8 else { throw .fieldSize("commit", bytes: commitSize) }
        guard dataOffset > 0, dataOffset <= Self.maximumPageSize, dataSize >= 8, dataSize <= Self.maximumPageSize,
            dataOffset + dataSize <= Self.maximumPageSize
        else { throw .pageSize(dataOffset: dataOffset, dataSize: dataSize) }
        guard timestampOffset >= 0, timestampOffset <= dataOffset - 8 else { throw .fieldOutside("timestamp") }
        guard commitOffset >= 0, commitOffset <= dataOffset - commitSize else { throw .fieldOutside("commit") }
        self.timestampOffset = timestampOffset
        self.commitOffset = commitOffset
        self.commitSize = commitSize
        self.dataOffset = dataOffset
        self.dataSize = dataSize
    }

    /// The same header with another sub-buffer size. Each tracefs instance can set its own (`buffer_subbuf_size_kb`).
    public func withPageSize(_ bytes: Int) throws(SubBufferLayoutError) -> SubBufferLayout {
        try SubBufferLayout(
            timestampOffset: timestampOffset, commitOffset: commitOffset, commitSize: commitSize,
            dataOffset: dataOffset, dataSize: bytes &- dataOffset)
    }
}

/// Why a text does not describe a sub-buffer that this reader can walk.
public enum SubBufferLayoutError: Error, Equatable, CustomStringConvertible {
    /// `header_page` has no such field.
    case fieldMissing(String)
    /// A field has a size in bytes that no supported kernel uses.
    case fieldSize(String, bytes: Int)
    /// A header field does not lie before the data.
    case fieldOutside(String)
    /// The data area would make a page that is empty or larger than `SubBufferLayout.maximumPageSize`.
    case pageSize(dataOffset: Int, dataSize: Int)

    /// One line for the person who reads the log.
    public var description: String {
        switch self {
        case .fieldMissing(let name): "header_page has no field \"\(name)\""
        case .fieldSize(let name, let bytes):
            "header_page gives field \"\(name)\" an unsupported size of \(bytes) bytes"
        case .fieldOutside(let name): "header_page puts field \"\(name)\" outside of the page header"
        case .pageSize(let offset, let size):
            "header_page gives data of \(size) bytes at offset \(offset); "
                + "a sub-buffer has at most \(SubBufferLayout.maximumPageSize) bytes"
        }
    }
}
