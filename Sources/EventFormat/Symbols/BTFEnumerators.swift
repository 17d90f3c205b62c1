/// Reads the enumerators of a kernel from its type information, `/sys/kernel/btf/vmlinux` (Documentation/bpf/btf.rst).
/// Print formats contain only their names, and their values depend on the kernel.
public enum BTFEnumerators {
    /// Why type information could not be read.
    public typealias Failure = TypeInformation.Failure

    /// The values of the enumerators with these names. If several have the same name, the first is used.
    ///
    /// - Throws: `Failure` for malformed data.
    public static func constants(
        in btf: UnsafeRawBufferPointer, named names: Set<String>
    ) throws(Failure) -> KernelConstants {
        var reader = try Reader(btf, names)
        try reader.readTypes()
        return KernelConstants(reader.found)
    }

    /// The names that print formats use like constants, to pass to `constants(in:named:)`.
    public static func names(in formats: some Sequence<EventFormat>) -> Set<String> {
        var names: Set<String> = []
        for format in formats {
            guard let tokens = try? Lexer.tokens(of: format.printFormat, longSize: 8) else { continue }
            for (index, token) in tokens.enumerated() {
                guard case .identifier(let name) = token.kind, name != "REC", name.contains(where: \.isUppercase) else {
                    continue
                }
                if index > 0, tokens[index - 1].kind == .symbol(.arrow) { continue }
                names.insert(name)
            }
        }
        return names
    }

    private struct Reader {
        let types: TypeInformation
        /// Names by length, as bytes, so that no String is created for other names.
        let wanted: [Int: Set<[UInt8]>]
        var found: [String: Int64] = [:]

        init(_ bytes: UnsafeRawBufferPointer, _ names: Set<String>) throws(Failure) {
            types = try TypeInformation(bytes)
            wanted = Dictionary(grouping: names.map { Array($0.utf8) }, by: \.count).mapValues { Set($0) }
        }

        mutating func readTypes() throws(Failure) {
            var walk = types.walk
            while let type = try walk.next() {
                guard type.kind == .enumeration || type.kind == .enumeration64 else { continue }
                for member in 0..<type.members { read(type, member) }
            }
        }

        private mutating func read(_ type: TypeInformation.Entry, _ member: Int) {
            let isWide = type.kind == .enumeration64
            let location = type.data + member * (isWide ? 12 : 8)
            let value: UInt64 =
                isWide
                ? types.word(at: location + 4) | types.word(at: location + 8) << 32
                : type.hasFlag
                    ? UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: types.word(at: location + 4))))
                    : types.word(at: location + 4)
            guard let name = name(Int(types.word(at: location))) else { return }
            if found[name] == nil { found[name] = Int64(bitPattern: value) }
        }

        /// The string at an offset, if it is one of the requested names.
        private func name(_ offset: Int) -> String? {
            guard let bytes = types.name(at: offset), let candidates = wanted[bytes.count] else { return nil }
            let name = Array(bytes)
            return candidates.contains(name) ? String(decoding: name, as: UTF8.self) : nil
        }
    }
}
