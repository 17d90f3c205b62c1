/// `\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;`
struct FieldLine {
    private let declaration: Substring
    private let offset: Int
    private let size: Int
    private let isSigned: Bool

    init(_ line: Substring, number: Int) throws(EventFormatError) {
        var declaration: Substring?
        var offset: Int?
        var size: Int?
        var isSigned = false
        // On bytes: a kernel has some ten thousand of these lines.
        for part in line.utf8.split(separator: UInt8(ascii: ";")) {
            let part = part.drop { $0 == 9 || $0 == 32 }
            guard let colon = part.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let key = part[..<colon]
            let value = Substring(part[part.index(after: colon)...].drop { $0 == 32 })
            if key.elementsEqual("field".utf8) || key.elementsEqual("field special".utf8) {
                declaration = value
            } else if key.elementsEqual("offset".utf8) {
                offset = Int(value)
            } else if key.elementsEqual("size".utf8) {
                size = Int(value)
            } else if key.elementsEqual("signed".utf8) {
                isSigned = value == "1"
            }
        }
        guard let declaration, let offset, let size else {
            throw .malformed(line: number, "a field needs its declaration, offset and size")
        }
        let range = 0...EventFormat.maximumRecord
        guard range.contains(offset), range.contains(size), offset + size <= EventFormat.maximumRecord
        else { throw .fieldOutOfRange(String(declaration.prefix(80))) }
        (self.declaration, self.offset, self.size, self.isSigned) = (declaration, offset, size, isSigned)
    }

    func field() throws(EventFormatError) -> EventField {
        var declared = declaration
        var count: Int?
        var isTrailing = false
        // The name is the last word, with the brackets of a fixed array behind it.
        if declared.utf8.last == UInt8(ascii: "]"), let open = declared.utf8.lastIndex(of: UInt8(ascii: "[")) {
            let inner = declared[declared.index(after: open)...].dropLast()
            let before = declared[..<open]
            if before.contains(" ") {
                declared = before
                count = Int(inner)
                isTrailing = inner.isEmpty
            }
        }
        let end = declared.utf8.lastIndex { $0 == 32 || $0 == UInt8(ascii: "*") }
        let name = end.map { declared[declared.utf8.index(after: $0)...] } ?? declared
        var type = end.map { declared[...$0] } ?? ""
        while type.utf8.last == 32 { type = type.dropLast() }
        return EventField(
            name: String(name), type: String(type), offset: offset, size: size, isSigned: isSigned,
            kind: kind(type: type, count: count, isTrailing: isTrailing), declaredCount: count)
    }

    private func kind(type: Substring, count: Int?, isTrailing: Bool) -> EventField.Kind {
        for (prefix, isRelative) in [("__data_loc ", false), ("__rel_loc ", true)] where type.hasPrefix(prefix) {
            var inner = type.dropFirst(prefix.count)
            // `char[]`, or `char[][4]` for an array of strings.
            if let bracket = inner.firstIndex(of: "[") { inner = inner[..<bracket] }
            let element = TypeTable.builtin.size(of: String(inner)) ?? 1
            let isString = inner == "char"
            return isRelative
                ? .relativeDynamic(element: element, isString: isString)
                : .dynamic(element: element, isString: isString)
        }
        let isText = type == "char" || type == "const char"
        if isTrailing && size == 0 {
            return .trailing(element: TypeTable.builtin.size(of: String(type)) ?? 1, isString: isText)
        }
        if isTrailing || count != nil {
            if isText { return .string }
            // Probe events write `u8 c[]` for an array of any length: the declared element size decides.
            let known = TypeTable.builtin.size(of: String(type))
            let element = known ?? count.flatMap { $0 > 0 && size % $0 == 0 ? size / $0 : nil } ?? 1
            guard element > 0, size % element == 0 else { return .array(element: 1, count: size) }
            return .array(element: element, count: size / element)
        }
        if type.hasSuffix("*") && (size == 8 || size == 4) { return .pointer }
        switch size {
        case 1, 2, 4, 8: return type.hasPrefix("struct ") || type.hasPrefix("union ") ? .opaque : .integer
        default: return .opaque
        }
    }
}
