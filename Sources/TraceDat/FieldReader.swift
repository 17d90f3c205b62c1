/// Reads the fields of a part of a trace.dat file in order, within that part's bounds.
struct FieldReader {
    private let source: ByteSource
    private(set) var position: UInt64
    private let end: UInt64
    /// Offset of a decompressed part in the file. Errors state it, because an offset in decompressed data does not help
    /// the user.
    private let compressedAt: UInt64?

    /// The bytes `range` of a file. The upper bound may be after the file's end.
    init(_ source: ByteSource, from start: UInt64, to end: UInt64) {
        self.source = source
        position = start
        self.end = min(end, source.size)
        compressedAt = nil
    }

    /// A part that was decompressed.
    init(decompressed bytes: [UInt8], at offset: UInt64) {
        source = ByteSource(bytes: bytes)
        position = 0
        end = source.size
        compressedAt = offset
    }

    /// Offset of the next field in the file.
    var fileOffset: UInt64 { compressedAt ?? position }

    var remaining: UInt64 { position < end ? end - position : 0 }

    func error(_ reason: TraceDatError.Reason) -> TraceDatError {
        TraceDatError(offset: fileOffset, reason: reason)
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(TraceDatError) -> T {
        var value: T = 0
        let size = UInt64(MemoryLayout<T>.size)
        guard size <= remaining else { throw error(.truncated(needed: size, available: remaining)) }
        var failure: TraceDatError?
        withUnsafeMutableBytes(of: &value) { target in
            do throws(TraceDatError) { try source.read(at: position, into: target) } catch { failure = error }
        }
        if let failure { throw failure }
        position += size
        return T(littleEndian: value)
    }

    /// Skips bytes, at most to the end.
    mutating func skip(_ count: UInt64) { position += min(count, remaining) }

    /// The next `count` bytes. Checks that the file has that many before it allocates memory.
    mutating func bytes(_ count: UInt64, limit: UInt64 = MetadataLimit.section) throws(TraceDatError) -> [UInt8] {
        guard count <= remaining else { throw error(.truncated(needed: count, available: remaining)) }
        guard count <= limit else { throw error(.tooLarge(count, limit: limit)) }
        let result = try source.bytes(at: position, count: count, limit: limit)
        position += count
        return result
    }

    mutating func text(_ count: UInt64) throws(TraceDatError) -> String {
        String(decoding: try bytes(count), as: UTF8.self)
    }

    /// A count of items that follow, at most `limit`. An item can need much more memory than it has bytes in the file.
    mutating func count(limit: UInt32) throws(TraceDatError) -> UInt32 {
        let value = try integer(UInt32.self)
        guard value <= limit else { throw error(.tooLarge(UInt64(value), limit: UInt64(limit))) }
        return value
    }

    /// A null-terminated string. The null is consumed but is not part of the string.
    mutating func string() throws(TraceDatError) -> String {
        var result: [UInt8] = []
        while true {
            let part = try source.bytes(at: position, count: min(64, remaining), limit: 64)
            guard !part.isEmpty else { throw error(.malformed("a string has no end")) }
            if let null = part.firstIndex(of: 0) {
                result += part[..<null]
                position += UInt64(null) + 1
                return String(decoding: result, as: UTF8.self)
            }
            guard result.count <= MetadataLimit.string else {
                throw error(.tooLarge(UInt64(result.count), limit: UInt64(MetadataLimit.string)))
            }
            result += part
            position += UInt64(part.count)
        }
    }

    /// Checks for a tag that the format puts before a part, including the tag's null.
    mutating func expect(_ tag: StaticString) throws(TraceDatError) {
        let start = position
        let expected = tag.withUTF8Buffer { [UInt8]($0) } + [0]
        let found = try bytes(UInt64(expected.count))
        guard found == expected else {
            position = start
            throw error(.malformed("\"\(tag)\" expected"))
        }
    }
}

/// How much of a file's metadata is read into memory. Sizes are in bytes. Real files have a few MB.
enum MetadataLimit {
    /// One section, decompressed. The symbol table is the largest.
    static let section: UInt64 = 128 << 20
    /// One options section, decompressed.
    static let options: UInt64 = 16 << 20
    /// A null-terminated string.
    static let string = 4096
    /// Formats, or systems. Events have 16-bit ids.
    static let formats: UInt32 = 1 << 16
    /// CPUs of one buffer. Linux supports 8192.
    static let cpus: UInt32 = 1 << 16
    /// Options sections in a file. trace-cmd writes one for each buffer and two more.
    static let optionsSections = 4096
}
