import TextPatterns

/// A symbol table of a file, read in pieces, because a large program's table has hundreds of megabytes.
struct ELFSymbolTable {
    private let section: ELFSection
    let strings: [UInt8]
    private let versions: [UInt8]
    private let versionNames: [UInt16: String]

    /// The largest string table, in bytes.
    private static let stringLimit: UInt64 = 256 << 20
    private static let symbolLimit: UInt64 = 1 << 30
    private static let symbolsAtATime = 1 << 16

    /// The table of this kind, or nil if the file has none.
    init?(_ file: ELFFile, kind: UInt32) throws(ELFError) {
        guard let section = file.sections.first(where: { $0.kind == kind }), !section.isEmptyInFile,
            section.link < file.sections.count
        else { return nil }
        self.section = section
        strings = try file.content(of: file.sections[Int(section.link)], limit: Self.stringLimit)
        if kind == ELFSection.Kind.dynamicSymbols {
            let versions = file.sections.first { $0.kind == ELFSection.Kind.versions }
            self.versions = if let versions { try file.content(of: versions, limit: Self.symbolLimit) } else { [] }
            versionNames = try Self.versionNames(file)
        } else {
            versions = []
            versionNames = [:]
        }
    }

    /// The names of the versions that this file defines, by number (Elf64_Verdef).
    private static func versionNames(_ file: ELFFile) throws(ELFError) -> [UInt16: String] {
        guard let section = file.sections.first(where: { $0.kind == ELFSection.Kind.versionDefinitions }),
            section.link < file.sections.count
        else { return [:] }
        let table = try file.content(of: section, limit: stringLimit)
        let strings = try file.content(of: file.sections[Int(section.link)], limit: stringLimit)
        var names: [UInt16: String] = [:]
        var start = 0
        while let index = table.little(UInt16.self, at: start + 4),
            let auxiliary = table.little(UInt32.self, at: start + 12),
            let next = table.little(UInt32.self, at: start + 16)
        {
            if let name = table.little(UInt32.self, at: start + Int(auxiliary)), let text = strings.text(at: Int(name))
            {
                names[index & 0x7fff] = text
            }
            // Offsets only grow, so this ends.
            guard next > 0 else { break }
            start += Int(next)
        }
        return names
    }

    /// Symbols with this name, whatever their version.
    func symbols(named name: String, in file: ELFFile) throws(ELFError) -> [ELFSymbol] {
        let wanted = Array(name.utf8)
        var found: [ELFSymbol] = []
        try forEach(in: file) { symbol, index in
            guard isNamed(symbol, wanted), let full = strings.text(at: symbol.nameOffset) else { return }
            found.append(symbol.symbol(named: full, version: version(index)))
        }
        return found
    }

    /// The functions that contain an address. A function without a size, as often in assembler code, ends at the next
    /// one.
    func functions(at address: UInt64, in file: ELFFile) throws(ELFError) -> [ELFSymbol] {
        var sized: [ELFRawSymbol] = []
        var open: [ELFRawSymbol] = []
        try forEach(in: file) { symbol, _ in
            guard symbol.section != 0, symbol.address <= address, symbol.kind != .data, symbol.kind != .other else {
                return
            }
            if symbol.length > 0 {
                if address - symbol.address < symbol.length { sized.append(symbol) }
            } else if let last = open.last, last.address > symbol.address {
                return
            } else {
                if let last = open.last, last.address < symbol.address { open = [] }
                open.append(symbol)
            }
        }
        return (sized.isEmpty ? open : sized).compactMap { symbol in
            strings.text(at: symbol.nameOffset).flatMap { $0.isEmpty ? nil : symbol.symbol(named: $0, version: nil) }
        }
    }

    /// How many functions this file defines, and the names that are about as long as `name`, as candidates for near
    /// matches.
    func functions(near name: String, in file: ELFFile) throws(ELFError) -> (count: Int, names: Set<String>) {
        var count = 0
        var names: Set<String> = []
        let length = name.utf8.count
        let slack = max(1, length / 3)
        try forEach(in: file) { symbol, _ in
            guard symbol.section != 0, symbol.kind == .function || symbol.kind == .indirectFunction else { return }
            count += 1
            let start = symbol.nameOffset
            // Create no String for the many that are too long or too short.
            let end = strings[min(start, strings.count)...].prefix(length + slack + 1).firstIndex {
                $0 == 0 || $0 == UInt8(ascii: "@")
            }
            guard let end, end - start >= length - slack else { return }
            names.insert(String(decoding: strings[start..<end], as: UTF8.self))
        }
        return (count, names)
    }

    /// The functions that this file defines whose names match.
    func functionNames(matching pattern: Glob, in file: ELFFile) throws(ELFError) -> Set<String> {
        var names: Set<String> = []
        try forEach(in: file) { symbol, _ in
            guard symbol.section != 0, symbol.kind == .function || symbol.kind == .indirectFunction,
                let full = strings.text(at: symbol.nameOffset)
            else { return }
            let name = String(full.prefix { $0 != "@" })
            if !name.isEmpty, pattern.matches(name) { names.insert(name) }
        }
        return names
    }

    /// Whether the name in the table is this one, perhaps followed by a version. It creates no String for others.
    private func isNamed(_ symbol: ELFRawSymbol, _ wanted: [UInt8]) -> Bool {
        let start = symbol.nameOffset
        guard start > 0, start < strings.count - wanted.count else { return false }
        let next = strings[start + wanted.count]
        guard next == 0 || next == UInt8(ascii: "@") else { return false }
        return strings[start..<(start + wanted.count)].elementsEqual(wanted)
    }

    private func version(_ index: Int) -> ELFVersion? {
        guard let number = versions.little(UInt16.self, at: index * 2), let name = versionNames[number & 0x7fff],
            number & 0x7fff > 1
        else { return nil }
        return ELFVersion(name: name, isHidden: number & 0x8000 != 0)
    }

    func forEach(
        in file: ELFFile, _ body: (ELFRawSymbol, Int) -> Void
    ) throws(ELFError) {
        guard section.size <= Self.symbolLimit else {
            throw ELFError("\(file.path): a symbol table of \(section.size) bytes is not read")
        }
        let total = Int(section.size) / ELFRawSymbol.size
        var index = 0
        while index < total {
            let count = min(Self.symbolsAtATime, total - index)
            let (start, overflow) = section.offset.addingReportingOverflow(UInt64(index * ELFRawSymbol.size))
            guard !overflow else { throw .damaged(file.path, "section \(section.name)") }
            let piece = try file.bytes.read(
                "section \(section.name)", at: start, count: UInt64(count * ELFRawSymbol.size), limit: Self.symbolLimit)
            piece.withUnsafeBytes { raw in
                for entry in 0..<count {
                    let range = (entry * ELFRawSymbol.size)..<((entry + 1) * ELFRawSymbol.size)
                    body(ELFRawSymbol(UnsafeRawBufferPointer(rebasing: raw[range])), index + entry)
                }
            }
            index += count
        }
    }
}
