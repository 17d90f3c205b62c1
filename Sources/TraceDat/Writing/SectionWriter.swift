/// Appends sections of version 7 to a file and remembers their offsets and names.
struct SectionWriter {
    let file: OutputFile
    private let compressor: Compressor
    /// Offset of each kind of section that an option points to.
    private(set) var offsets: [(id: UInt16, offset: UInt64)] = []
    /// Names of sections. A name's offset is its key.
    private var names = FieldWriter()

    init(file: OutputFile, compressor: Compressor) {
        self.file = file
        self.compressor = compressor
    }

    /// Compresses a section and appends it.
    mutating func append(compressed id: UInt16, _ name: String, _ body: FieldWriter) throws(TraceDatWriteError) {
        if (SectionID.headerInfo...SectionID.commandLines).contains(id) || id == SectionID.typeInformation {
            offsets.append((id, file.position))
        }
        let block = try body.bytes.withUnsafeBufferPointer { bytes throws(TraceDatWriteError) in
            try compressor.block(of: UnsafeRawBufferPointer(bytes), for: file.path)
        }
        try appendHeader(id, name, isCompressed: true, size: UInt64(block.count))
        try file.append(block)
    }

    /// Appends a section without compression.
    mutating func append(plain id: UInt16, _ name: String, _ body: FieldWriter) throws(TraceDatWriteError) {
        try appendHeader(id, name, isCompressed: false, size: UInt64(body.bytes.count))
        try file.append(body.bytes)
    }

    mutating func appendHeader(
        _ id: UInt16, _ name: String, isCompressed: Bool, size: UInt64
    ) throws(TraceDatWriteError) {
        var header = FieldWriter()
        header.append(id)
        header.append(UInt16(isCompressed ? 1 : 0))
        header.append(UInt32(names.bytes.count))
        header.append(size)
        names.append(terminated: name)
        try file.append(header.bytes)
    }

    /// Appends the section with the names of all sections, including its own.
    mutating func appendNames() throws(TraceDatWriteError) {
        var all = names
        all.append(terminated: "strings")
        try append(compressed: SectionID.strings, "strings", all)
    }
}
