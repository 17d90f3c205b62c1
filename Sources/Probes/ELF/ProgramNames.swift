/// Finds the names of what is at an offset of a program's file, so that a probe can be judged by names even if it was
/// defined by an offset.
public struct ProgramNames: Sendable {
    let elf: ELFFile

    /// A function, and the offset of a location in it, in bytes.
    public struct Function: Sendable, Hashable {
        public let name: String
        public let offset: UInt64
        /// Whether the file states the function's size. If not, this is the last function that starts before the
        /// location.
        public let hasEnd: Bool
    }

    /// - Throws: if the file cannot be read or is not an ELF file.
    public init(_ path: String) throws(ProbeFileError) {
        elf = try ProbeFileError.saying { () throws(ELFError) in try ELFFile(path) }
    }

    /// All functions that contain the location, once for each name. Static functions are only in the full symbol table.
    public func functions(atFileOffset offset: UInt64) throws(ProbeFileError) -> [Function] {
        guard let segment = elf.segment(ofFileOffset: offset) else { return [] }
        let address = segment.address &+ (offset - segment.offset)
        return try ProbeFileError.saying { () throws(ELFError) in
            var found: Set<Function> = []
            for kind in [ELFSection.Kind.dynamicSymbols, ELFSection.Kind.symbols] {
                guard let table = try ELFSymbolTable(elf, kind: kind) else { continue }
                for symbol in try table.functions(at: address, in: elf) {
                    found.insert(
                        Function(name: symbol.name, offset: address - symbol.address, hasEnd: symbol.size > 0))
                }
            }
            return found.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }
        }
    }

    /// The markers at this location.
    public func markers(atFileOffset offset: UInt64) throws(ProbeFileError) -> [(provider: String, name: String)] {
        try ProbeFileError.saying { () throws(ELFError) in
            try elf.markers().filter { elf.fileOffset(ofAddress: $0.address) == offset }.map { ($0.provider, $0.name) }
        }
    }
}
