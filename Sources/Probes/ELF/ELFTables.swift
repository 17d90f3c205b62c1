/// A program header (Elf64_Phdr).
struct ELFSegment: Sendable, Hashable {
    /// PT_LOAD: it is mapped when the program runs.
    let isLoaded: Bool
    /// PT_NOTE.
    let isNote: Bool
    let isExecutable: Bool
    /// Offset in the file.
    let offset: UInt64
    /// Address in memory. In position-independent code it is relative to the load address.
    let address: UInt64
    /// Size in the file, in bytes.
    let fileSize: UInt64

    init?(_ table: [UInt8], at start: Int) {
        guard let type = table.little(UInt32.self, at: start), let flags = table.little(UInt32.self, at: start + 4),
            let offset = table.little(UInt64.self, at: start + 8),
            let address = table.little(UInt64.self, at: start + 16),
            let fileSize = table.little(UInt64.self, at: start + 32)
        else { return nil }
        isLoaded = type == 1
        isNote = type == 4
        isExecutable = flags & 1 != 0
        self.offset = offset
        self.address = address
        self.fileSize = fileSize
    }
}

/// A section header (Elf64_Shdr).
struct ELFSection: Sendable, Hashable {
    enum Kind {
        static let symbols: UInt32 = 2
        static let notes: UInt32 = 7
        static let emptyInFile: UInt32 = 8
        static let dynamicSymbols: UInt32 = 11
        static let versionDefinitions: UInt32 = 0x6fff_fffd
        static let versions: UInt32 = 0x6fff_ffff
    }

    var name = ""
    let nameOffset: UInt32
    let kind: UInt32
    let address: UInt64
    let offset: UInt64
    let size: UInt64
    /// Index of a related section: the string table of a symbol table.
    let link: UInt32

    /// SHT_NOBITS: it only has a size in memory.
    var isEmptyInFile: Bool { kind == Kind.emptyInFile }

    init?(_ table: [UInt8], at start: Int) {
        guard let nameOffset = table.little(UInt32.self, at: start),
            let kind = table.little(UInt32.self, at: start + 4),
            let address = table.little(UInt64.self, at: start + 16),
            let offset = table.little(UInt64.self, at: start + 24),
            let size = table.little(UInt64.self, at: start + 32), let link = table.little(UInt32.self, at: start + 40)
        else { return nil }
        self.nameOffset = nameOffset
        self.kind = kind
        self.address = address
        self.offset = offset
        self.size = size
        self.link = link
    }
}
