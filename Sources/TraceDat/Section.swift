/// Ids of sections and options in trace-cmd.dat.v7(5). An option that points to a section has the section's id.
enum SectionID {
    static let options: UInt16 = 0
    static let buffer: UInt16 = 3
    static let strings: UInt16 = 15
    static let headerInfo: UInt16 = 16
    static let ftraceFormats: UInt16 = 17
    static let eventFormats: UInt16 = 18
    static let kallsyms: UInt16 = 19
    static let printkFormats: UInt16 = 20
    static let commandLines: UInt16 = 21
    static let bufferText: UInt16 = 22
    static let typeInformation: UInt16 = 23
    /// Whether the manual page of trace-cmd 3.4 has this id.
    static let largest: UInt16 = 25
}

/// The 16 bytes before every section of a version 7 file.
struct SectionHeader {
    static let size: UInt64 = 16

    let id: UInt16
    let isCompressed: Bool
    /// Key into the strings sections, which gives the section's name.
    let nameID: UInt32
    /// Bytes of the body in the file.
    let size: UInt64
    /// Offset of the body.
    let bodyOffset: UInt64

    init(at offset: UInt64, in source: ByteSource) throws(TraceDatError) {
        var reader = FieldReader(source, from: offset, to: .max)
        id = try reader.integer()
        isCompressed = try reader.integer(UInt16.self) & 1 != 0
        nameID = try reader.integer()
        size = try reader.integer()
        bodyOffset = reader.position
    }

    /// Offset after the body. `UInt64.max` if the size does not fit.
    var endOffset: UInt64 {
        let (end, overflow) = bodyOffset.addingReportingOverflow(size)
        return overflow ? .max : end
    }

    /// A reader of the body, decompressed if necessary. Not for recorded pages, which are compressed differently.
    func body(
        in source: ByteSource, decompressor: Decompressor, limit: UInt64 = MetadataLimit.section
    ) throws(TraceDatError) -> FieldReader {
        var reader = FieldReader(source, from: bodyOffset, to: endOffset)
        guard isCompressed else { return reader }
        let compressedSize = try reader.integer(UInt32.self)
        let size = try reader.integer(UInt32.self)
        let blockOffset = reader.position
        let block = try reader.bytes(UInt64(compressedSize), limit: limit)
        guard UInt64(size) <= limit else { throw reader.error(.tooLarge(UInt64(size), limit: limit)) }
        var failure: TraceDatError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { target, count in
            block.withUnsafeBytes { block in
                do throws(TraceDatError) {
                    let exact = UnsafeMutableRawBufferPointer(start: target.baseAddress, count: Int(size))
                    try decompressor.decompress(block, into: exact, at: blockOffset)
                    count = Int(size)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return FieldReader(decompressed: bytes, at: bodyOffset)
    }
}
