/// A kernel's type information as bytes (BTF, Documentation/bpf/btf.rst), from `/sys/kernel/btf/vmlinux`.
public struct TypeInformation {
    /// Why type information could not be read.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// It is not little-endian BTF of version 1.
        case notBTF
        /// A length or an offset at this byte points outside of the data.
        case malformed(at: Int)

        /// For people.
        public var description: String {
            switch self {
            case .notBTF: "it does not begin as BTF does"
            case .malformed(let byte): "it is cut off or damaged at byte \(byte)"
            }
        }
    }

    /// BTF_KIND_* of include/uapi/linux/btf.h.
    enum Kind: Int {
        case void, integer, pointer, array, structure, union, enumeration, forward, typedef, volatile, const, restrict
        case function, prototype, variable, section, float, declarationTag, typeTag, enumeration64

        /// Qualifiers and other names of the same type: `btf_type_is_modifier`.
        var isModifier: Bool {
            switch self {
            case .typedef, .volatile, .const, .restrict, .typeTag: true
            default: false
            }
        }

        /// Bytes behind the first 12 of a type.
        func size(members: Int) -> Int {
            switch self {
            case .integer, .variable, .declarationTag: 4
            case .array: 12
            case .structure, .union, .section, .enumeration64: 12 * members
            case .enumeration, .prototype: 8 * members
            case .void, .pointer, .forward, .typedef, .volatile, .const, .restrict, .function, .float, .typeTag: 0
            }
        }
    }

    /// One type.
    struct Entry {
        let kind: Kind
        let members: Int
        /// `kind_flag`: an enumeration is signed.
        let hasFlag: Bool
        /// Where its name begins among the strings.
        let name: Int
        /// Its size in bytes, or the id of the type it refers to.
        let sizeOrType: Int
        /// Offset of what follows its first 12 bytes.
        let data: Int
    }

    /// The types in their order; the first has id 1.
    struct Walk {
        fileprivate let types: TypeInformation
        fileprivate var position: Int

        /// - Throws: `Failure` where the data ends within a type.
        mutating func next() throws(Failure) -> Entry? {
            guard position < types.types.upperBound else { return nil }
            guard position + 12 <= types.types.upperBound else { throw .malformed(at: position) }
            let info = Int(types.word(at: position + 4))
            let members = info & 0xffff
            let data = position + 12
            guard let kind = Kind(rawValue: info >> 24 & 0x1f), kind != .void,
                data + kind.size(members: members) <= types.types.upperBound
            else { throw .malformed(at: position) }
            let entry = Entry(
                kind: kind, members: members, hasFlag: info >> 31 & 1 == 1, name: Int(types.word(at: position)),
                sizeOrType: Int(types.word(at: position + 8)), data: data)
            position = data + kind.size(members: members)
            return entry
        }
    }

    private let bytes: UnsafeRawBufferPointer
    fileprivate let types: Range<Int>
    private let strings: Range<Int>

    /// - Parameter bytes: valid as long as this is used.
    init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        self.bytes = bytes
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

    var walk: Walk { Walk(types: self, position: types.lowerBound) }

    /// 32 bits of a type. The offset is one of an `Entry`, which was checked.
    func word(at offset: Int) -> UInt64 { bytes.baseAddress?.integer(.u32, at: offset) ?? 0 }

    /// The name at an offset among the strings; nil if it does not end there, or is no name.
    func name(at offset: Int) -> UnsafeRawBufferPointer? {
        let start = strings.lowerBound + offset
        var end = start
        while end < strings.upperBound, bytes[end] != 0, end - start < 256 { end += 1 }
        guard end < strings.upperBound, bytes[end] == 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
