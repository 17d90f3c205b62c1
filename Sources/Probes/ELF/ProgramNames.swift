/// What a program's file says lies at a place of it: for those who judge a probe by names, however it was written.
public struct ProgramNames: Sendable {
    private let elf: ELFFile

    /// A function, and how far into it a place is; bytes.
    public struct Function: Sendable, Hashable {
        public let name: String
        public let offset: UInt64
        /// The file says where it ends; else it is only the last that begins before the place.
        public let hasEnd: Bool
    }

    /// - Throws: when the file cannot be read or is no ELF file.
    public init(_ path: String) throws(ProbeFileError) {
        elf = try ProbeFileError.saying { () throws(ELFError) in try ELFFile(path) }
    }

    /// All that contain the place, by every name they have; static ones in the table of symbols only.
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

    /// The markers whose instruction it is.
    public func markers(atFileOffset offset: UInt64) throws(ProbeFileError) -> [(provider: String, name: String)] {
        try ProbeFileError.saying { () throws(ELFError) in
            try elf.markers().filter { elf.fileOffset(ofAddress: $0.address) == offset }.map { ($0.provider, $0.name) }
        }
    }
}
