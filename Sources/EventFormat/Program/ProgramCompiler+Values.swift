/// What an expression leaves on the machine's stack.
enum ValueType: Equatable {
    case integer(CType)
    /// An address in the recorded kernel or process. What it points to is not in the record.
    case address(to: CType?, stride: Int?)
    /// A piece of the record: offset and length.
    case span(of: CType)

    var integer: CType? {
        if case .integer(let type) = self { type } else { nil }
    }
}

extension ProgramCompiler {
    /// Compiles an expression whose value is pushed.
    mutating func value(_ expression: Expression) throws(PrintFormatError) -> ValueType {
        try visit()
        switch expression {
        case .integer(let value, let type):
            try builder.constant(type.extended(value))
            return .integer(type)
        case .identifier(let name, let position): return try identifier(name, position)
        case .field(let name, let position): return try fieldValue(field(name, at: position))
        case .index(let base, let index): return try element(base, index)
        case .unary(let op, let operand): return try unary(op, operand)
        case .binary(let op, let left, let right): return try binary(op, left, right)
        case .conditional(let condition, let then, let otherwise):
            return try conditional(condition, then, otherwise)
        case .cast(let type, let operand): return try cast(type, operand)
        case .sizeOfType(let type, let position):
            guard let size = types.size(of: type.text.replacingStars()) else {
                throw PrintFormatError("the size of '\(type.text)' is unknown", at: position)
            }
            return try unsignedLong(UInt64(size))
        case .sizeOfValue(let operand): return try unsignedLong(UInt64(sizeOf(operand)))
        case .call(let name, let arguments, let position): return try call(name, arguments, position)
        case .statements(let statements): return try statementValue(statements)
        case .member(_, let name, let position):
            throw PrintFormatError("the layout of what '\(name)' is a member of is unknown", at: position)
        case .string: throw PrintFormatError("a string where a number is needed")
        case .braces: throw PrintFormatError("a table where a number is needed")
        }
    }

    /// Compiles an expression that must be an integer.
    @discardableResult
    mutating func integer(_ expression: Expression) throws(PrintFormatError) -> CType {
        switch try value(expression) {
        case .integer(let type): return type
        case .address: return CType(width: kernel.longSize, isSigned: false)
        case .span: throw PrintFormatError("the address of a part of the record is not known")
        }
    }

    /// Compiles an expression that must be a part of the record.
    @discardableResult
    mutating func span(_ expression: Expression, for what: String) throws(PrintFormatError) -> CType {
        guard case .span(let element) = try value(expression) else {
            throw PrintFormatError("\(what) of something that is not in the record")
        }
        return element
    }

    /// The value of a constant expression; `nil` if it is none.
    mutating func constant(_ expression: Expression) throws(PrintFormatError) -> UInt64? {
        let start = builder.count
        let depth = builder.depth
        _ = try integer(expression)
        let value = builder.constantValue(since: start)
        builder.takeBack(to: start, values: builder.depth - depth)
        return value
    }

    private mutating func unsignedLong(_ value: UInt64) throws(PrintFormatError) -> ValueType {
        try builder.constant(value)
        return .integer(CType(width: kernel.longSize, isSigned: false))
    }

    private mutating func identifier(_ name: String, _ position: Int) throws(PrintFormatError) -> ValueType {
        if case .value(let slot, let type) = locals[name] {
            try builder.emit(Instruction(opcode: .loadLocal, operand: UInt32(slot)), pushes: 1)
            return type
        }
        switch name {
        case "NULL", "false":
            try builder.constant(0)
            return .integer(.int)
        case "true":
            try builder.constant(1)
            return .integer(.int)
        case "jiffies":
            assume("jiffies are those of the event's own time, not of the time of printing")
            _ = try ticksPerSecond()
            try builder.emit(Instruction(opcode: .jiffies), pushes: 1)
            return .integer(CType(width: kernel.longSize, isSigned: false))
        case "HZ":
            try builder.constant(try ticksPerSecond())
            return .integer(.int)
        default: break
        }
        guard let constant = kernel.constants[name] else {
            throw PrintFormatError("the value of '\(name)' is not known", at: position)
        }
        try builder.constant(UInt64(bitPattern: constant))
        let fits = Int64(Int32.min)...Int64(Int32.max) ~= constant
        return .integer(fits ? .int : constant > 0 && constant <= Int64(UInt32.max) ? .unsignedInt : .u64)
    }

    mutating func ticksPerSecond() throws(PrintFormatError) -> UInt64 {
        if let ticks = kernel.ticksPerSecond, ticks > 0 { return ticks }
        assume("the kernel has 250 timer ticks a second")
        return 250
    }

    private func integerType(of field: EventField) -> CType {
        CType(width: field.size, isSigned: field.isSigned)
    }

    /// The element type of an array field, from its declared type.
    func elementType(of field: EventField) -> CType {
        var words = field.type.split(separator: " ").map(String.init).filter { !$0.hasPrefix("__data_loc") }
        words.removeAll { $0 == "__rel_loc" }
        if let last = words.last, last.hasSuffix("[]") { words[words.count - 1] = String(last.dropLast(2)) }
        if case .integer(let type) = types.meaning(words: words, pointers: 0), type.width == field.elementSize {
            return type
        }
        return [1, 2, 4, 8].contains(field.elementSize)
            ? CType(width: field.elementSize, isSigned: false) : .byte
    }

    mutating func fieldValue(_ field: EventField) throws(PrintFormatError) -> ValueType {
        switch field.kind {
        case .integer, .pointer:
            guard let kind = LoadKind(integerType(of: field)) else {
                throw PrintFormatError("field '\(field.name)' has \(field.size) bytes")
            }
            try builder.load(kind, at: field.offset)
            guard field.kind == .pointer else { return .integer(integerType(of: field)) }
            return .address(to: pointee(field.type), stride: pointee(field.type)?.width)
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
        let words = type.split(separator: " ").map(String.init)
        guard words.last == "*" else { return nil }
        if case .integer(let type) = types.meaning(words: words.dropLast(), pointers: 0) { return type }
        return nil
    }

    mutating func dynamicSpan(_ field: EventField) throws(PrintFormatError) -> ValueType {
        guard field.isDynamic else { throw PrintFormatError("field '\(field.name)' is no dynamic array") }
        builder.require(field.offset + 4)
        try builder.emit(
            Instruction(opcode: .dynamicSpan, small: field.relativeFlag, operand: UInt32(field.offset)), pushes: 1)
        return .span(of: elementType(of: field))
    }

    private mutating func element(_ base: Expression, _ index: Expression) throws(PrintFormatError) -> ValueType {
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
                throw PrintFormatError("index outside the array")
            }
            builder.takeBack(to: start, values: 1)
            try builder.load(kind, at: Int(fixed.operand) + Int(index) * type.width)
            return .integer(type)
        }
        try integer(index)
        try builder.emit(Instruction(opcode: .element, small: kind.rawValue), pops: 2, pushes: 1)
        return .integer(type)
    }

    private mutating func unary(_ op: UnaryOperator, _ operand: Expression) throws(PrintFormatError) -> ValueType {
        switch op {
        case .address: return try addressOf(operand)
        case .dereference: return try element(operand, .integer(0, .int))
        case .not:
            try condition(operand)
            try builder.unary(.isZero)
            return .integer(.int)
        case .plus, .negate, .complement:
            let type = try integer(operand).promoted
            if op != .plus { try builder.unary(op == .negate ? .negate : .complement) }
            if op != .plus { try builder.convert(to: type) }
            return .integer(type)
        }
    }

    private mutating func addressOf(_ operand: Expression) throws(PrintFormatError) -> ValueType {
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

    /// Compiles an expression for its truth. A string literal or a span is true.
    mutating func condition(_ expression: Expression) throws(PrintFormatError) {
        if case .string = expression {
            try builder.constant(1)
            return
        }
        if case .span = try value(expression) {
            try builder.emit(Instruction(opcode: .drop), pops: 1)
            try builder.constant(1)
        }
    }

    private func sizeOf(_ operand: Expression) throws(PrintFormatError) -> Int {
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

    private mutating func statementValue(_ statements: [Statement]) throws(PrintFormatError) -> ValueType {
        let outer = locals
        defer { locals = outer }
        var result: ValueType?
        for (index, statement) in statements.enumerated() {
            switch statement {
            case .declaration(let type, let name, let initial):
                let valueType = try type.words.first == "typeof" ? value(initial) : cast(type, initial)
                let slot = try builder.newLocal()
                try builder.emit(Instruction(opcode: .storeLocal, operand: UInt32(slot)), pops: 1)
                locals[name] = .value(slot: slot, valueType)
            case .expression(let expression):
                guard index == statements.count - 1 else {
                    throw PrintFormatError("a statement without meaning for the text")
                }
                result = try value(expression)
            }
        }
        guard let result else { throw PrintFormatError("a statement expression without value") }
        return result
    }
}

extension EventField {
    /// The `small` operand of instructions that read a location word.
    var relativeFlag: UInt8 {
        if case .relativeDynamic = kind { 1 } else { 0 }
    }
}

extension String {
    /// `char*` as `char *`, the way types are looked up.
    fileprivate func replacingStars() -> String {
        var text = ""
        for character in self {
            if character == "*" { text += " *" } else { text.append(character) }
        }
        return text
    }
}
