/// The first bytes of a trace.dat file: "INITIAL FORMAT" of trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
public struct TraceDatHeader: Sendable, Equatable {
    /// 6 or 7.
    public let version: Int
    /// Bytes in a `long` of the recording machine's user space.
    public let longSize: Int
    /// Page size of the recording machine, in bytes. A buffer's sub-buffers can have another size.
    public let pageSize: UInt32
    /// The compression of parts that are marked as compressed.
    public let compression: TraceDatCompression
    /// Offset of the first options section, 0 if none was written. Version 7 only.
    let optionsOffset: UInt64
    /// Offset after the header.
    let endOffset: UInt64

    init(_ reader: inout FieldReader) throws(TraceDatError) {
        do throws(TraceDatError) {
            guard try reader.bytes(10) == [0x17, 0x08, 0x44] + Array("tracing".utf8) else {
                throw TraceDatError(offset: 0, reason: .notATraceDat)
            }
        } catch {
            if case .truncated = error.reason { throw TraceDatError(offset: 0, reason: .notATraceDat) }
            throw error
        }
        let versionOffset = reader.fileOffset
        let text = try reader.string()
        guard let version = Int(text), version == 6 || version == 7 else {
            throw TraceDatError(offset: versionOffset, reason: .unsupportedVersion(text))
        }
        guard try reader.integer(UInt8.self) == 0 else { throw reader.error(.bigEndian) }
        let longSize = try reader.integer(UInt8.self)
        guard longSize == 4 || longSize == 8 else {
            throw reader.error(.malformed("a long of \(longSize) bytes"))
        }
        pageSize = try reader.integer()
        self.version = version
        self.longSize = Int(longSize)
        guard version == 7 else {
            compression = .none
            optionsOffset = 0
            endOffset = reader.position
            return
        }
        let nameOffset = reader.fileOffset
        let name = try reader.string()
        _ = try reader.string()  // the library's version: the formats do not depend on it
        switch name {
        case "none": compression = .none
        case "zlib": compression = .zlib
        case "zstd": compression = .zstd
        default: throw TraceDatError(offset: nameOffset, reason: .unsupportedCompression(name))
        }
        optionsOffset = try reader.integer()
        endOffset = reader.position
    }
}
