extension TypeInformation {
    /// The part of a kernel's type information that is needed to print the arguments of some functions, as type
    /// information of its own: some kilobytes of megabytes.
    ///
    /// Of a parameter's type only what is printed stays: its kind, its size and sign, and the names of an enumeration.
    /// Qualifiers and typedefs are left out, and so are what pointers point to and the members of structures.
    ///
    /// - Parameters:
    ///   - names: of the functions; those without types are left out.
    ///   - btf: the contents of `/sys/kernel/btf/vmlinux`.
    /// - Throws: `Failure` for malformed data.
    public static func excerpt(of names: Set<String>, from btf: UnsafeRawBufferPointer) throws(Failure) -> [UInt8] {
        let types = try TypeInformation(btf)
        let entries = try Entries(of: types)
        var excerpt = Excerpt(types: types, entries: entries)
        // The first of a name counts, as for who reads it.
        var rest = names
        for entry in entries.all where entry.kind == .function {
            guard let name = types.name(at: entry.name).map({ String(decoding: $0, as: UTF8.self) }),
                rest.contains(name), excerpt.add(entry)
            else { continue }
            rest.remove(name)
        }
        return excerpt.bytes
    }

    /// Types that refer to each other by numbers of their own.
    private struct Excerpt {
        let types: TypeInformation
        let entries: Entries
        /// New numbers by the place of the old type.
        private var numbers: [Int: Int] = [:]
        /// Where names are among the new strings, by their place among the old ones.
        private var places: [Int: Int] = [:]
        private var count = 0
        private var body: [UInt8] = []
        private var strings: [UInt8] = [0]

        init(types: TypeInformation, entries: Entries) {
            self.types = types
            self.entries = entries
        }

        /// struct btf_header, the types, the strings.
        var bytes: [UInt8] {
            var all: [UInt8] = [0x9f, 0xeb, 1, 0]
            for word in [24, 0, body.count, body.count, strings.count] { Self.append(word, to: &all) }
            return all + body + strings
        }

        /// - Returns: false where the function's parameters are not known.
        mutating func add(_ function: Entry) -> Bool {
            guard let prototype = entries[function.sizeOrType], prototype.kind == .prototype else { return false }
            let parameters = (0..<prototype.members).map { member -> (name: Int, type: Int) in
                let location = prototype.data + 8 * member
                return (place(Int(types.word(at: location))), number(Int(types.word(at: location + 4))))
            }
            begin(.prototype, members: parameters.count, name: 0, sizeOrType: 0)
            for parameter in parameters {
                Self.append(parameter.name, to: &body)
                Self.append(parameter.type, to: &body)
            }
            let own = count
            begin(.function, members: 0, name: place(function.name), sizeOrType: own)
            return true
        }

        /// The new number of a type, which is added when it is new; 0 for none.
        private mutating func number(_ id: Int) -> Int {
            guard let type = entries.unqualified(id) else { return 0 }
            if let known = numbers[type.data] { return known }
            switch type.kind {
            case .pointer: begin(.pointer, members: 0, name: 0, sizeOrType: 0)
            case .integer:
                begin(.integer, members: 0, name: 0, sizeOrType: type.sizeOrType)
                Self.append(Int(types.word(at: type.data)), to: &body)
            case .enumeration:
                begin(.enumeration, members: type.members, name: 0, sizeOrType: type.sizeOrType, flag: type.hasFlag)
                for member in 0..<type.members {
                    let location = type.data + 8 * member
                    Self.append(place(Int(types.word(at: location))), to: &body)
                    Self.append(Int(types.word(at: location + 4)), to: &body)
                }
            default:
                begin(type.kind, members: 0, name: 0, sizeOrType: type.sizeOrType)
                body += [UInt8](repeating: 0, count: type.kind.size(members: 0))
            }
            numbers[type.data] = count
            return count
        }

        /// Names that cannot be read are empty.
        private mutating func place(_ old: Int) -> Int {
            if let known = places[old] { return known }
            guard let name = types.name(at: old), !name.isEmpty else { return 0 }
            places[old] = strings.count
            strings += name + [0]
            return places[old] ?? 0
        }

        private mutating func begin(_ kind: Kind, members: Int, name: Int, sizeOrType: Int, flag: Bool = false) {
            count += 1
            Self.append(name, to: &body)
            Self.append((flag ? 1 << 31 : 0) | kind.rawValue << 24 | members, to: &body)
            Self.append(sizeOrType, to: &body)
        }

        private static func append(_ word: Int, to bytes: inout [UInt8]) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: word).littleEndian) { bytes += $0 }
        }
    }
}
