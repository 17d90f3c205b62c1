/// Reads the fields of a part of a trace.dat file one after the other, within that part's bounds.
struct FieldReader {
    private let source: ByteSource
    private(set) var position: UInt64
    private let end: UInt64
    /// Where a decompressed part begins in the file: positions inside mean nothing to a reader of an error.
    private let compressedAt: UInt64?

    /// Bytes `range` of a file; the upper bound may lie behind the file's end.
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

    /// Where the next field is in the file.
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

    /// Passes over bytes, to the end at most.
    mutating func skip(_ count: UInt64) { position += min(count, remaining) }

    /// The next `count` bytes. What is announced must be there before anything is allocated.
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

    /// A count of things that follow. Each takes at least a few bytes of what is left, but more in memory.
    mutating func count(limit: UInt32) throws(TraceDatError) -> UInt32 {
        let value = try integer(UInt32.self)
        guard value <= limit else { throw error(.tooLarge(UInt64(value), limit: UInt64(limit))) }
        return value
    }

    /// A null-terminated string; the null is consumed and not part of it.
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

    /// Checks for a tag that the format puts before a part, its null included.
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

/// How much of a file's metadata is taken into memory; sizes in bytes. Real ones have a few MB.
enum MetadataLimit {
    /// One section, decompressed. The symbol table is the largest.
    static let section: UInt64 = 128 << 20
    /// One options section, decompressed.
    static let options: UInt64 = 16 << 20
    /// A null-terminated string.
    static let string = 4096
    /// Formats, or systems: events have 16-bit numbers.
    static let formats: UInt32 = 1 << 16
    /// CPUs of one buffer. Linux supports 8192.
    static let cpus: UInt32 = 1 << 16
    /// Options sections in a file; trace-cmd writes one per buffer and two more.
    static let optionsSections = 4096
}
