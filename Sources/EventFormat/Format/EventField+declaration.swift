import TextPatterns

extension EventField {
    /// Derives the name, the type and the kind from the declaration.
    ///
    /// - Parameter types: those of the machine that wrote the format.
    init(_ line: FieldLine, types: TypeTable) {
        var declared = line.declaration
        var count: Int?
        var isTrailing = false
        // The name is the last word, followed by the brackets of a fixed array, which may have several dimensions.
        while declared.utf8.last == UInt8(ascii: "]"), let open = declared.utf8.lastIndex(of: UInt8(ascii: "[")) {
            let inner = declared[declared.index(after: open)...].dropLast()
            let before = declared[..<open]
            guard before.contains(" ") else { break }
            declared = before
            count = Int(inner).map { $0.multipliedReportingOverflow(by: count ?? 1).partialValue }
            isTrailing = inner.isEmpty
        }
        let end = declared.utf8.lastIndex { $0 == 32 || $0 == UInt8(ascii: "*") }
        let name = end.map { declared[declared.utf8.index(after: $0)...] } ?? declared
        var type = end.map { declared[...$0] } ?? ""
        while type.utf8.last == 32 { type = type.dropLast() }
        self.init(
            name: String(name), type: String(type), offset: line.offset, size: line.size, isSigned: line.isSigned,
            kind: Self.kind(type: type, size: line.size, count: count, isTrailing: isTrailing, types),
            declaredCount: count)
    }

    private static func kind(
        type: Substring, size: Int, count: Int?, isTrailing: Bool, _ types: TypeTable
    ) -> Kind {
        for (prefix, isRelative) in [("__data_loc ", false), ("__rel_loc ", true)] where type.hasPrefix(prefix) {
            var inner = type.dropFirst(prefix.count)
            // `char[]`, or `char[][4]` for an array of strings.
            if let bracket = inner.firstIndex(of: "[") { inner = inner[..<bracket] }
            let element = types.size(of: String(inner)) ?? 1
            let isString = inner == "char"
            return isRelative
                ? .relativeDynamic(element: element, isString: isString)
                : .dynamic(element: element, isString: isString)
        }
        let isText = type == "char" || type == "const char"
        if size == 0, let element = types.size(of: String(type)) {
            // Kernels before 5.5 write `char buf` for `char buf[]`.
            return .trailing(element: element, isString: isText)
        }
        if isTrailing && size == 0 { return .trailing(element: 1, isString: false) }
        if isTrailing || count != nil {
            if isText { return .string }
            // The format of a probe event has `u8 c[]` for an array of any length, so the element type decides there.
            let element =
                count.flatMap { $0 > 0 && size % $0 == 0 ? size / $0 : nil } ?? types.size(of: String(type)) ?? 1
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
