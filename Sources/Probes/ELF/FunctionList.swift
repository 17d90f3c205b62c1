import TextPatterns

/// The functions of a program or library, as in `-p uprobe:PATH:FUNCTION`.
public enum FunctionList {
    /// Each name once, sorted.
    ///
    /// - Parameter path: absolute.
    /// - Throws: `ProbeFileError` if the file cannot be read or is not an ELF file.
    public static func names(in path: String, matching pattern: Glob) throws(ProbeFileError) -> [String] {
        try ProbeFileError.saying { () throws(ELFError) in try ELFFile(path).functionNames(matching: pattern) }
    }
}

extension ELFFile {
    /// The most functions that one probe is planted in.
    static let mostFunctions = 64

    /// The functions that are defined in this file, each name once, sorted.
    func functionNames(matching pattern: Glob) throws(ELFError) -> [String] {
        var names: Set<String> = []
        for kind in [ELFSection.Kind.dynamicSymbols, ELFSection.Kind.symbols] {
            guard let table = try ELFSymbolTable(self, kind: kind) else { continue }
            names.formUnion(try table.functionNames(matching: pattern, in: self))
        }
        return names.sorted()
    }

    /// The functions that a probe's pattern selects.
    ///
    /// - Throws: when there are none, or more than a probe may have.
    func functions(matching pattern: String) throws(ELFError) -> [(name: String, locations: [FunctionLocation])] {
        let names = try functionNames(matching: Glob(pattern))
        guard !names.isEmpty else { throw ELFError("no function of \(path) matches \"\(pattern)\"") }
        guard names.count <= Self.mostFunctions else {
            throw ELFError(
                "\(names.count) functions of \(path) match \"\(pattern)\": a probe has \(Self.mostFunctions) at most (fleetrace list --symbols \(path) '\(pattern)' shows them)"
            )
        }
        var found: [(name: String, locations: [FunctionLocation])] = []
        // Of two names for one place the first is enough.
        var seen: Set<UInt64> = []
        for name in names {
            let locations = try functions(name, offset: 0).filter { seen.insert($0.offset).inserted }
            if !locations.isEmpty { found.append((name, locations)) }
        }
        return found
    }
}
