/// A program or library: 64-bit little-endian ELF for x86-64 or arm64 (System V ABI; elf(5)). The file may be hostile:
/// every offset and size is checked, and no part is assumed to exist or to end.
struct ELFFile: Sendable {
    let bytes: FileBytes
    let architecture: ProbeArchitecture
    let segments: [ELFSegment]
    let sections: [ELFSection]

    var path: String { bytes.path }

    private static let headerSize = 64
    private static let segmentSize = 56
    private static let sectionSize = 64
    /// The largest table of section headers, in bytes: a million sections.
    private static let tableLimit: UInt64 = 64 << 20

    /// Opens the file and reads its tables.
    init(_ path: String) throws(ELFError) {
        let bytes = try FileBytes(path)
        let header = try bytes.read("its header", at: 0, count: min(64, bytes.size), limit: 64)
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            throw ELFError("\(path) is not a program or library (not an ELF file)")
        }
        guard header.count == Self.headerSize else {
            throw .damaged(path, "the header has \(header.count) bytes of 64")
        }
        guard header[4] == 2, header[5] == 1 else {
            throw ELFError("\(path) is not a 64-bit little-endian program: only those can be probed")
        }
        func u16(_ offset: Int) -> UInt16 { header.little(UInt16.self, at: offset) ?? 0 }
        func u64(_ offset: Int) -> UInt64 { header.little(UInt64.self, at: offset) ?? 0 }
        switch u16(18) {
        case 62: architecture = .x86_64
        case 183: architecture = .arm64
        case let machine:
            throw ELFError("\(path) is for another processor (ELF machine \(machine)), not x86-64 or arm64")
        }
        // ET_EXEC, ET_DYN
        guard u16(16) == 2 || u16(16) == 3 else {
            throw ELFError("\(path) is neither a program nor a shared library (ELF type \(u16(16)))")
        }
        segments = try Self.segments(bytes, at: u64(32), size: u16(54), count: u16(56))
        sections = try Self.sections(bytes, at: u64(40), size: u16(58), count: u16(60), names: u16(62))
        self.bytes = bytes
    }

    private static func segments(
        _ bytes: FileBytes, at offset: UInt64, size: UInt16, count: UInt16
    ) throws(ELFError) -> [ELFSegment] {
        guard count > 0, Int(size) == segmentSize else { throw .damaged(bytes.path, "it has no program headers") }
        let table = try bytes.read(
            "the table of segments", at: offset, count: UInt64(count) * UInt64(size), limit: tableLimit)
        return (0..<Int(count)).compactMap { ELFSegment(table, at: $0 * segmentSize) }
    }

    private static func sections(
        _ bytes: FileBytes, at offset: UInt64, size: UInt16, count: UInt16, names: UInt16
    ) throws(ELFError) -> [ELFSection] {
        // No section headers (sstrip). Symbols cannot be looked up, but offsets can be probed.
        guard offset != 0 else { return [] }
        guard Int(size) == sectionSize else { throw .damaged(bytes.path, "section headers of \(size) bytes") }
        let first = try bytes.read("the table of sections", at: offset, count: UInt64(size), limit: tableLimit)
        guard let zero = ELFSection(first, at: 0) else { return [] }
        // With more than 65,279 sections the numbers are in section 0.
        let total = count == 0 ? zero.size : UInt64(count)
        let nameIndex = names == 0xffff ? UInt64(zero.link) : UInt64(names)
        guard total <= tableLimit / UInt64(sectionSize) else { throw .damaged(bytes.path, "\(total) sections") }
        let table = try bytes.read(
            "the table of sections", at: offset, count: total * UInt64(sectionSize), limit: tableLimit)
        var sections = (0..<Int(total)).compactMap { ELFSection(table, at: $0 * sectionSize) }
        guard nameIndex < total else { return sections }
        let nameSection = sections[Int(nameIndex)]
        let texts = try bytes.read(
            "the names of sections", at: nameSection.offset, count: nameSection.size, limit: tableLimit)
        for index in sections.indices { sections[index].name = texts.text(at: Int(sections[index].nameOffset)) ?? "" }
        return sections
    }

    func section(_ name: String) -> ELFSection? { sections.first { $0.name == name } }

    /// The contents of a section.
    func content(of section: ELFSection, limit: UInt64) throws(ELFError) -> [UInt8] {
        guard !section.isEmptyInFile else { return [] }
        return try bytes.read("section \(section.name)", at: section.offset, count: section.size, limit: limit)
    }

    /// The file offset of the byte at `address` in memory. Nil if no segment of the file contains it.
    func fileOffset(ofAddress address: UInt64) -> UInt64? {
        segment(ofAddress: address).flatMap { segment in
            let (offset, overflow) = segment.offset.addingReportingOverflow(address - segment.address)
            return overflow ? nil : offset
        }
    }

    func segment(ofAddress address: UInt64) -> ELFSegment? {
        segments.first { $0.isLoaded && address >= $0.address && address - $0.address < $0.fileSize }
    }

    /// The segment that contains a byte of the file.
    func segment(ofFileOffset offset: UInt64) -> ELFSegment? {
        segments.first { $0.isLoaded && offset >= $0.offset && offset - $0.offset < $0.fileSize }
    }
}
