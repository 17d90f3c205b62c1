/// What an expression pushes on the machine's stack.
enum ValueType: Equatable {
    case integer(CType)
    /// An address in the recorded kernel or process. The data there is not in the record.
    case address(to: CType?, stride: Int?)
    /// A part of the record: offset and length.
    case span(of: CType)

    var integer: CType? {
        if case .integer(let type) = self { type } else { nil }
    }
}

extension ProgramCompiler {
    /// Compiles an expression and pushes its value.
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
        case .castToTypeOf(let model, let operand): return try cast(toTypeOf: model, operand)
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

    /// Compiles an expression whose value must be a part of the record.
    @discardableResult
    mutating func span(_ expression: Expression, for what: String) throws(PrintFormatError) -> CType {
        guard case .span(let element) = try value(expression) else {
            throw PrintFormatError("\(what) of something that is not in the record")
        }
        return element
    }

    /// The value of a constant expression, or `nil` if it is not constant.
    mutating func constant(_ expression: Expression) throws(PrintFormatError) -> UInt64? {
        let start = builder.count
        let depth = builder.depth
        _ = try integer(expression)
        let value = builder.constantValue(since: start)
        builder.retract(to: start, values: builder.depth - depth)
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
            throw PrintFormatError("the value of '\(name)' is unknown", at: position, unknownName: name)
        }
        if name == "vmemmap_base" { assume("page structures lie where kernels with 4-level paging have them") }
        try builder.constant(UInt64(bitPattern: constant))
        let fits = Int64(Int32.min)...Int64(Int32.max) ~= constant
        return .integer(fits ? .int : constant > 0 && constant <= Int64(UInt32.max) ? .unsignedInt : .u64)
    }

    mutating func ticksPerSecond() throws(PrintFormatError) -> UInt64 {
        if let ticks = kernel.ticksPerSecond, ticks > 0 { return ticks }
        assume("the kernel has 250 timer ticks a second")
        return 250
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

    /// Compiles an expression as a condition. A string literal or a span is true.
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
                    throw PrintFormatError("a statement that has no effect on the text")
                }
                result = try value(expression)
            }
        }
        guard let result else { throw PrintFormatError("a statement expression without a value") }
        return result
    }
}

extension String {
    /// `char*` as `char *`, which is how types are looked up.
    fileprivate func replacingStars() -> String {
        var text = ""
        for character in self {
            if character == "*" { text += " *" } else { text.append(character) }
        }
        return text
    }
}
