import TextPatterns

/// A location to probe, and a note for the user.
struct FunctionLocation: Sendable, Hashable {
    /// Offset in the file.
    let offset: UInt64
    let notes: [String]
}

extension ELFFile {
    /// The most functions with one name that are probed.
    private static let maximumLocations = 64

    /// The file offsets of `offset` bytes into the functions with this name. There are several if `static` functions of
    /// several source files have the same name.
    ///
    /// - Parameter written: the name, perhaps with `@VERSION`.
    /// - Throws: if there is no such function, or the name is that of data.
    func functions(_ written: String, offset: UInt64) throws(ELFError) -> [FunctionLocation] {
        let name = String(written.prefix { $0 != "@" })
        let version = written.contains("@") ? String(written.drop { $0 != "@" }.drop { $0 == "@" }) : nil
        var others: [ELFSymbol] = []
        for kind in [ELFSection.Kind.dynamicSymbols, ELFSection.Kind.symbols] {
            guard let table = try ELFSymbolTable(self, kind: kind) else { continue }
            let symbols = try table.symbols(named: name, in: self)
            let functions = symbols.filter { symbol in
                isFunction(symbol) && version.map { $0 == symbol.version } ?? true
            }
            if !functions.isEmpty { return try locations(functions, name: written, offset: offset) }
            others += symbols
        }
        throw try missing(name, version: version, among: others)
    }

    /// Assembler code has no type, but its section is executable.
    private func isFunction(_ symbol: ELFSymbol) -> Bool {
        guard symbol.isDefined else { return false }
        return symbol.isFunction || symbol.kind == .untyped && segment(ofAddress: symbol.address)?.isExecutable == true
    }

    private func locations(_ symbols: [ELFSymbol], name: String, offset: UInt64) throws(ELFError) -> [FunctionLocation]
    {
        // Prefer what the linker would use: the default version, and symbols visible from outside.
        var chosen = symbols
        for isBetter in [{ $0.isDefaultVersion }, { !$0.isLocal }, { $0.isFunction }] as [(ELFSymbol) -> Bool] {
            let better = chosen.filter(isBetter)
            if !better.isEmpty { chosen = better }
        }
        var seen: Set<UInt64> = []
        chosen = chosen.filter { seen.insert($0.address).inserted }
        guard chosen.count <= Self.maximumLocations else {
            throw ELFError("\(path) has \(chosen.count) functions named \(name): give the offset of one")
        }
        var locations: [FunctionLocation] = []
        for symbol in chosen {
            guard offset == 0 || symbol.size == 0 || offset < symbol.size else {
                throw ELFError("\(name) in \(path) has \(symbol.size) bytes: +\(offset) is after its end")
            }
            let (address, overflow) = symbol.address.addingReportingOverflow(offset)
            guard !overflow, let segment = segment(ofAddress: address), let location = fileOffset(ofAddress: address)
            else {
                throw .damaged(path, "\(name) is outside of it")
            }
            guard segment.isExecutable else { throw ELFError("\(name) in \(path) is in data, not in code") }
            locations.append(FunctionLocation(offset: location, notes: notes(symbol, name: name, offset: offset)))
        }
        if locations.count > 1 {
            let note = "\(path) has \(locations.count) functions named \(name): all are probed"
            locations[0] = FunctionLocation(offset: locations[0].offset, notes: [note] + locations[0].notes)
        }
        return locations
    }

    private func notes(_ symbol: ELFSymbol, name: String, offset: UInt64) -> [String] {
        var notes: [String] = []
        if symbol.kind == .indirectFunction {
            notes.append(
                "\(name) is an indirect function: this is its resolver, which runs once when a program starts, "
                    + "and not at calls")
        }
        if offset > 0 {
            notes.append(
                "it is not checked whether \(name)+\(offset) is the start of an instruction: "
                    + "inside of one, the probe damages the program")
        }
        return notes
    }

    /// The error for a missing function.
    private func missing(_ name: String, version: String?, among symbols: [ELFSymbol]) throws(ELFError) -> ELFError {
        if let version {
            let versions = Set(symbols.filter { isFunction($0) }.compactMap(\.version)).sorted()
            if !versions.isEmpty {
                return ELFError(
                    "no version \(version) of \(name) in \(path): it has \(versions.joined(separator: ", "))")
            }
        }
        if symbols.contains(where: { $0.isDefined && ($0.kind == .data || $0.kind == .untyped) }) {
            return ELFError("\(name) in \(path) is data, not a function")
        }
        if symbols.contains(where: { !$0.isDefined }) {
            return ELFError("\(path) only calls \(name): probe the library that defines it")
        }
        var names: Set<String> = []
        var exported = 0
        var hasSymbols = false
        for kind in [ELFSection.Kind.dynamicSymbols, ELFSection.Kind.symbols] {
            guard let table = try ELFSymbolTable(self, kind: kind) else { continue }
            let functions = try table.functions(near: name, in: self)
            names.formUnion(functions.names)
            if kind == ELFSection.Kind.symbols { hasSymbols = true } else { exported = functions.count }
        }
        let near = NearMatch.suggestions(for: name, among: names)
        let hint =
            near.isEmpty
            ? hasSymbols ? "" : " (it is stripped: only its \(exported) exported functions can be named)"
            : " (did you mean \(near.joined(separator: " or "))?)"
        return ELFError("no function \"\(name)\" in \(path)\(hint)")
    }
}
