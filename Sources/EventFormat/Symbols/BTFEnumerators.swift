/// Reads the enumerators of a kernel from its type information, `/sys/kernel/btf/vmlinux` (Documentation/bpf/btf.rst).
/// Print formats contain only their names, and their values depend on the kernel.
public enum BTFEnumerators {
    /// Why type information could not be read.
    public enum Failure: Error, Sendable, Equatable {
        /// It is not little-endian BTF of version 1.
        case notBTF
        /// A length or an offset at this byte points outside of the data.
        case malformed(at: Int)
    }

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
        let bytes: UnsafeRawBufferPointer
        let types: Range<Int>
        let strings: Range<Int>
        /// Names by length, as bytes, so that no String is created for other names.
        let wanted: [Int: Set<[UInt8]>]
        var found: [String: Int64] = [:]

        init(_ bytes: UnsafeRawBufferPointer, _ names: Set<String>) throws(Failure) {
            self.bytes = bytes
            wanted = Dictionary(grouping: names.map { Array($0.utf8) }, by: \.count).mapValues { Set($0) }
            // struct btf_header: magic, version, flags, then lengths and offsets that count from the header's end.
            guard bytes.count >= 24, let base = bytes.baseAddress, base.integer(.u16, at: 0) == 0xeb9f, bytes[2] == 1
            else { throw .notBTF }
            let header = Int(base.integer(.u32, at: 4))
            func section(_ at: Int) throws(Failure) -> Range<Int> {
                let start = header + Int(base.integer(.u32, at: at))
                let length = Int(base.integer(.u32, at: at + 4))
                guard header >= 24, start + length <= bytes.count else { throw .malformed(at: at) }
                return start..<start + length
            }
            types = try section(8)
            strings = try section(16)
        }

        /// Bytes that follow a type's first 12 bytes, by kind and number of members (include/uapi/linux/btf.h).
        private static func size(kind: Int, members: Int) -> Int? {
            switch kind {
            case 1, 14, 17: 4  // INT, VAR, DECL_TAG
            case 3: 12  // ARRAY
            case 4, 5, 15, 19: 12 * members  // STRUCT, UNION, DATASEC, ENUM64
            case 6, 13: 8 * members  // ENUM, FUNC_PROTO
            case 2, 7...12, 16, 18: 0  // PTR, FWD, TYPEDEF, qualifiers, FUNC, FLOAT, TYPE_TAG
            default: nil
            }
        }

        mutating func readTypes() throws(Failure) {
            guard let base = bytes.baseAddress else { return }
            var position = types.lowerBound
            while position < types.upperBound {
                guard position + 12 <= types.upperBound else { throw .malformed(at: position) }
                let info = Int(base.integer(.u32, at: position + 4))
                let kind = info >> 24 & 0x1f
                let members = info & 0xffff
                let start = position + 12
                guard let size = Self.size(kind: kind, members: members), start + size <= types.upperBound else {
                    throw .malformed(at: position)
                }
                if kind == 6 || kind == 19 {
                    let isSigned = info >> 31 & 1 == 1
                    for member in 0..<members { read(base, start, member, isWide: kind == 19, isSigned: isSigned) }
                }
                position = start + size
            }
        }

        private mutating func read(
            _ base: UnsafeRawPointer, _ start: Int, _ member: Int, isWide: Bool, isSigned: Bool
        ) {
            let location = start + member * (isWide ? 12 : 8)
            let value: UInt64 =
                isWide
                ? base.integer(.u32, at: location + 4) | base.integer(.u32, at: location + 8) << 32
                : base.integer(isSigned ? .s32 : .u32, at: location + 4)
            guard let name = name(at: strings.lowerBound + Int(base.integer(.u32, at: location))) else { return }
            if found[name] == nil { found[name] = Int64(bitPattern: value) }
        }

        /// The string at an offset, if it is one of the requested names.
        private func name(at start: Int) -> String? {
            var end = start
            while end < strings.upperBound, bytes[end] != 0, end - start < 256 { end += 1 }
            guard end < strings.upperBound, let candidates = wanted[end - start] else { return nil }
            let name = Array(bytes[start..<end])
            return candidates.contains(name) ? String(decoding: name, as: UTF8.self) : nil
        }
    }
}
