/// An entry of a symbol table (Elf64_Sym), with its version.
struct ELFSymbol: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case function
        /// STT_GNU_IFUNC: a function that runs once and selects the implementation.
        case indirectFunction
        /// No type, as often in assembler code.
        case untyped
        case data
        case other
    }

    /// The name without its version.
    let name: String
    /// `GLIBC_2.14`, or nil if there is no version.
    let version: String?
    /// Whether it is the default version, with which new programs are linked.
    let isDefaultVersion: Bool
    let kind: Kind
    let isLocal: Bool
    /// Whether it is defined in this file, not imported.
    let isDefined: Bool
    let address: UInt64
    /// Size in bytes, 0 if unknown.
    let size: UInt64

    var isFunction: Bool { kind == .function || kind == .indirectFunction }
}

/// A symbol in the format of the table.
struct ELFRawSymbol {
    static let size = 24

    let nameOffset: Int
    let info: UInt8
    let section: UInt16
    let address: UInt64
    let length: UInt64

    init(_ entry: UnsafeRawBufferPointer) {
        func load<T: FixedWidthInteger>(_: T.Type, _ offset: Int) -> T {
            T(littleEndian: entry.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        nameOffset = Int(load(UInt32.self, 0))
        info = load(UInt8.self, 4)
        section = load(UInt16.self, 6)
        address = load(UInt64.self, 8)
        length = load(UInt64.self, 16)
    }

    var kind: ELFSymbol.Kind {
        switch info & 0xf {
        case 0: .untyped
        case 1, 5, 6: .data
        case 2: .function
        case 10: .indirectFunction
        default: .other
        }
    }

    func symbol(named name: String, version: ELFVersion?) -> ELFSymbol {
        // In .symtab the version is part of the name: memcpy@@GLIBC_2.14, memcpy@GLIBC_2.2.5
        var plain = Substring(name)
        var written = version
        if let at = name.firstIndex(of: "@") {
            plain = name[..<at]
            let tail = name[at...]
            written = ELFVersion(name: String(tail.drop { $0 == "@" }), isHidden: !tail.hasPrefix("@@"))
        }
        return ELFSymbol(
            name: String(plain), version: written?.name, isDefaultVersion: written.map { !$0.isHidden } ?? true,
            kind: kind, isLocal: info >> 4 == 0, isDefined: section != 0, address: address, size: length)
    }
}

/// The version of a symbol.
struct ELFVersion: Sendable, Hashable {
    let name: String
    /// Not the default version: only programs that were linked earlier use it.
    let isHidden: Bool
}
