/// Access to the record's fields.
extension ProgramCompiler {
    private func integerType(of field: EventField) -> CType {
        CType(width: field.size, isSigned: field.isSigned)
    }

    /// The element type of an array field, from its declared type.
    func elementType(of field: EventField) -> CType {
        var words = field.type.split(separator: " ").map(String.init).filter { !$0.hasPrefix("__data_loc") }
        words.removeAll { $0 == "__rel_loc" }
        if let last = words.last, let bracket = last.firstIndex(of: "[") {
            words[words.count - 1] = String(last[..<bracket])
        }
        if case .integer(let type) = types.meaning(words: words, pointers: 0), type.width == field.elementSize {
            return type
        }
        return [1, 2, 4, 8].contains(field.elementSize)
            ? CType(width: field.elementSize, isSigned: false) : .byte
    }

    /// Pushes a field's value, or the span of an array.
    mutating func fieldValue(_ field: EventField) throws(PrintFormatError) -> ValueType {
        switch field.kind {
        case .integer, .pointer:
            guard let kind = LoadKind(integerType(of: field)) else {
                throw PrintFormatError("field '\(field.name)' has \(field.size) bytes")
            }
            try builder.load(kind, at: field.offset)
            guard field.kind == .pointer else { return .integer(integerType(of: field)) }
            return .address(to: pointee(field.type), stride: stride(of: field.type))
        case .string, .array, .opaque:
            builder.require(field.end)
            try builder.emit(
                Instruction(opcode: .span, operand: UInt32(field.offset), immediate: UInt64(field.size)), pushes: 1)
            return .span(of: elementType(of: field))
        case .trailing:
            builder.require(field.offset)
            try builder.emit(Instruction(opcode: .span, small: 1, operand: UInt32(field.offset)), pushes: 1)
            return .span(of: elementType(of: field))
        case .dynamic, .relativeDynamic:
            return try dynamicSpan(field)
        }
    }

    private func pointee(_ type: String) -> CType? {
        if case .integer(let type) = target(of: type) { return type }
        return nil
    }

    /// Bytes from one element to the next behind a pointer of this type. GNU C counts a `void *` in bytes.
    private func stride(of type: String) -> Int? {
        let (words, stars) = Self.words(of: type)
        return types.stride(of: words, pointers: stars)
    }

    private func target(of type: String) -> TypeTable.Meaning? {
        let (words, stars) = Self.words(of: type)
        return stars > 0 ? types.meaning(words: words, pointers: stars - 1) : nil
    }

    /// Of `void *`, `const char *`, `void  *`: the name is cut off, the last star is there.
    private static func words(of type: String) -> (words: [String], stars: Int) {
        (type.replacing("*", with: " ").split(separator: " ").map(String.init), type.count { $0 == "*" })
    }

    /// Pushes the span that a location word describes.
    mutating func dynamicSpan(_ field: EventField) throws(PrintFormatError) -> ValueType {
        guard field.isDynamic else { throw PrintFormatError("field '\(field.name)' is not a dynamic array") }
        builder.require(field.offset + 4)
        try builder.emit(
            Instruction(opcode: .dynamicSpan, small: field.relativeFlag, operand: UInt32(field.offset)), pushes: 1)
        return .span(of: elementType(of: field))
    }

    /// `base[index]`, with `base` in the record.
    mutating func element(_ base: Expression, _ index: Expression) throws(PrintFormatError) -> ValueType {
        let start = builder.count
        guard case .span(let type) = try value(base) else {
            throw PrintFormatError("an element of something that is not in the record")
        }
        guard let kind = LoadKind(type) else { throw PrintFormatError("elements of \(type.width) bytes") }
        // A constant index into a fixed array is a plain load.
        let fixed = builder.instructions.last
        if let fixed, fixed.opcode == .span, fixed.small == 0, builder.count == start + 1,
            let index = try constant(index)
        {
            guard index < fixed.immediate / UInt64(type.width) else {
                throw PrintFormatError("index outside of the array")
            }
            builder.retract(to: start, values: 1)
            try builder.load(kind, at: Int(fixed.operand) + Int(index) * type.width)
            return .integer(type)
        }
        try integer(index)
        try builder.emit(Instruction(opcode: .element, small: kind.rawValue), pops: 2, pushes: 1)
        return .integer(type)
    }

    /// `&operand`.
    mutating func addressOf(_ operand: Expression) throws(PrintFormatError) -> ValueType {
        switch operand {
        case .field(let name, let position):
            let field = try field(name, at: position)
            guard field.kind == .integer || field.kind == .pointer else { return try fieldValue(field) }
            builder.require(field.end)
            try builder.emit(
                Instruction(opcode: .span, operand: UInt32(field.offset), immediate: UInt64(field.size)), pushes: 1)
            return .span(of: integerType(of: field))
        case .index(let base, let index):
            let type = try span(base, for: "the address of an element")
            try integer(index)
            try builder.emit(Instruction(opcode: .advance, operand: UInt32(type.width)), pops: 2, pushes: 1)
            return .span(of: type)
        case .unary(.dereference, let inner): return try value(inner)
        default: throw PrintFormatError("the address of an expression")
        }
    }

    /// `sizeof operand`, in bytes.
    func sizeOf(_ operand: Expression) throws(PrintFormatError) -> Int {
        switch operand {
        case .field(let name, let position): return try field(name, at: position).size
        case .index(.field(let name, let position), _): return try field(name, at: position).elementSize
        case .unary(.dereference, .field(let name, let position)):
            return try field(name, at: position).elementSize
        case .string(let bytes): return bytes.count + 1
        case .integer(_, let type): return type.width
        default: throw PrintFormatError("sizeof of an expression")
        }
    }
}

extension EventField {
    /// The `small` operand of instructions that read a location word.
    var relativeFlag: UInt8 {
        if case .relativeDynamic = kind { 1 } else { 0 }
    }
}
