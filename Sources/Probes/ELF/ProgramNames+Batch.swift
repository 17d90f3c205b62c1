import Searching

extension ProgramNames {
    /// One name for each offset of the file that lies in a function whose size is known. The tables are read once for all
    /// of them.
    public func functions(atFileOffsets offsets: Set<UInt64>) throws(ProbeFileError) -> [UInt64: String] {
        var byAddress: [UInt64: UInt64] = [:]
        for offset in offsets {
            guard let segment = elf.segment(ofFileOffset: offset) else { continue }
            byAddress[segment.address &+ (offset - segment.offset)] = offset
        }
        let addresses = byAddress.keys.sorted()
        var names: [UInt64: String] = [:]
        try ProbeFileError.saying { () throws(ELFError) in
            // The full table has the names of static functions too.
            for kind in [ELFSection.Kind.symbols, ELFSection.Kind.dynamicSymbols] {
                guard let table = try ELFSymbolTable(elf, kind: kind) else { continue }
                let missing = addresses.filter { names[byAddress[$0] ?? 0] == nil }
                for (address, name) in try table.functions(atSorted: missing, in: elf) {
                    if let offset = byAddress[address] { names[offset] = name }
                }
            }
        }
        return names
    }
}

extension ELFSymbolTable {
    /// The name of the function that contains each address: of several the innermost, and of names for the same place one
    /// that other files can see.
    ///
    /// - Parameter addresses: ascending.
    func functions(atSorted addresses: [UInt64], in file: ELFFile) throws(ELFError) -> [UInt64: String] {
        var best = [ELFRawSymbol?](repeating: nil, count: addresses.count)
        guard !addresses.isEmpty else { return [:] }
        try forEach(in: file) { symbol, _ in
            guard symbol.section != 0, symbol.length > 0, symbol.kind != .data, symbol.kind != .other else { return }
            var index = addresses.partitioningIndex { $0 >= symbol.address }
            while index < addresses.count, addresses[index] - symbol.address < symbol.length {
                if let other = best[index], !symbol.isBetter(than: other) {} else { best[index] = symbol }
                index += 1
            }
        }
        var names: [UInt64: String] = [:]
        for (address, symbol) in zip(addresses, best) {
            guard let symbol, let text = strings.text(at: symbol.nameOffset) else { continue }
            let name = text.prefix { $0 != "@" }
            if !name.isEmpty { names[address] = String(name) }
        }
        return names
    }
}

extension ELFRawSymbol {
    fileprivate func isBetter(than other: ELFRawSymbol) -> Bool {
        guard address == other.address else { return address > other.address }
        return info >> 4 != 0 && other.info >> 4 == 0
    }
}
