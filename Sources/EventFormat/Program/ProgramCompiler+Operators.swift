extension ProgramCompiler {
    mutating func cast(_ name: TypeName, _ operand: Expression) throws(PrintFormatError) -> ValueType {
        guard let meaning = types.meaning(words: name.words, pointers: name.pointers) else {
            guard !name.words.contains(where: ["struct", "union"].contains) else {
                throw PrintFormatError("unknown type '\(name.text)'")
            }
            assume("how wide a '\(name.text)' is is not known: its values are printed as if they fit")
            return try value(operand)
        }
        let type = try value(operand)
        switch (meaning, type) {
        case (.integer(let target), .integer), (.integer(let target), .address):
            // In C, a conversion to bool gives 1 for every value but 0.
            if name.words.last == "bool" || name.words.last == "_Bool" {
                try builder.unary(.isZero)
                try builder.unary(.isZero)
            } else {
                try builder.convert(to: target)
            }
            return .integer(target)
        case (.integer, .span):
            throw PrintFormatError("the address of a part of the record is not known")
        case (.pointer(let element), .span(let old)): return .span(of: element ?? (name.pointers == 1 ? .byte : old))
        case (.pointer(let element), _):
            return .address(
                to: element, stride: element?.width ?? types.stride(of: name.words, pointers: name.pointers))
        case (.void, _): return type
        }
    }

    /// The model's value is not calculated, only its type.
    mutating func cast(toTypeOf model: Expression, _ operand: Expression) throws(PrintFormatError) -> ValueType {
        let (start, depth) = (builder.count, builder.depth)
        let type = try value(model)
        builder.retract(to: start, values: builder.depth - depth)
        guard let target = type.integer else { return try value(operand) }
        try integer(operand)
        try builder.convert(to: target)
        return type
    }

    mutating func binary(
        _ op: BinaryOperator, _ left: Expression, _ right: Expression
    ) throws(PrintFormatError) -> ValueType {
        if op == .logicalAnd || op == .logicalOr { return try logical(op, left, right) }
        let before = builder
        let leftType = try value(left)
        if case .span(let element) = leftType { return try spanArithmetic(op, element, right) }
        if case .address(_, let stride) = leftType, op == .add || op == .subtract {
            return try addressArithmetic(op, leftType, stride, right)
        }
        if op == .add, leftType.integer != nil, let pointer = try pointer(right) {
            // C allows the pointer on either side.
            builder = before
            _ = try value(right)
            return try addressArithmetic(op, pointer.type, pointer.stride, left)
        }
        let leftInteger = leftType.integer ?? CType(width: kernel.longSize, isSigned: false)
        let isShift = op == .shiftLeft || op == .shiftRight
        // The common type is known after the right operand is compiled. Only a signed left operand may need a
        // conversion.
        let leftConstant = builder.endsWithConstant ? builder.count - 1 : nil
        let conversion = !isShift && leftInteger.isSigned && leftConstant == nil ? try builder.openConversion() : nil
        let rightInteger = try integer(right)
        let common = isShift ? leftInteger.promoted : CType.common(leftInteger, rightInteger)
        if !isShift && !common.isSigned {
            if let conversion { builder.setConversion(conversion, to: common) }
            if let leftConstant, leftInteger.isSigned { builder.convertConstant(leftConstant, to: common) }
            if rightInteger.isSigned { try builder.convert(to: common) }
        }
        return try arithmetic(op, common)
    }

    private mutating func arithmetic(_ op: BinaryOperator, _ type: CType) throws(PrintFormatError) -> ValueType {
        let signed = type.isSigned
        var swapped = false
        let operation: Arithmetic
        switch op {
        case .add: operation = .add
        case .subtract: operation = .subtract
        case .multiply: operation = .multiply
        case .divide: operation = signed ? .divideSigned : .divide
        case .remainder: operation = signed ? .remainderSigned : .remainder
        case .bitAnd: operation = .and
        case .bitOr: operation = .or
        case .bitXor: operation = .xor
        case .shiftLeft: operation = .shiftLeft
        case .shiftRight: operation = signed ? .shiftRightSigned : .shiftRight
        case .equal: operation = .equal
        case .notEqual: operation = .notEqual
        case .less: operation = signed ? .lessSigned : .less
        case .lessEqual: operation = signed ? .lessEqualSigned : .lessEqual
        case .greater:
            operation = signed ? .lessEqualSigned : .lessEqual
            swapped = true
        case .greaterEqual:
            operation = signed ? .lessSigned : .less
            swapped = true
        case .logicalAnd, .logicalOr: throw PrintFormatError("a logical operator is not arithmetic")
        }
        try builder.arithmetic(operation)
        switch op {
        case .greater, .greaterEqual, .less, .lessEqual, .equal, .notEqual:
            // a > b is !(a <= b).
            if swapped { try builder.unary(.isZero) }
            return .integer(.int)
        case .bitAnd, .bitOr, .bitXor: return .integer(type)
        default:
            try builder.convert(to: type)
            return .integer(type)
        }
    }

    private mutating func spanArithmetic(
        _ op: BinaryOperator, _ element: CType, _ right: Expression
    ) throws(PrintFormatError) -> ValueType {
        switch op {
        case .add:
            try integer(right)
            try builder.emit(Instruction(opcode: .advance, operand: UInt32(element.width)), pops: 2, pushes: 1)
            return .span(of: element)
        case .equal, .notEqual:
            // A part of the record is never NULL.
            try builder.emit(Instruction(opcode: .drop), pops: 1)
            try builder.constant(op == .notEqual ? 1 : 0)
            return .integer(.int)
        default: throw PrintFormatError("arithmetic with the address of a part of the record")
        }
    }

    private mutating func addressArithmetic(
        _ op: BinaryOperator, _ type: ValueType, _ stride: Int?, _ right: Expression
    ) throws(PrintFormatError) -> ValueType {
        guard let stride else { throw PrintFormatError("arithmetic with a pointer to a type of unknown size") }
        let rightType = try value(right)
        if case .address = rightType, op == .subtract {
            // A difference of pointers counts elements.
            try builder.arithmetic(.subtract)
            try builder.constant(UInt64(stride))
            try builder.arithmetic(.divideSigned)
            return .integer(CType(width: kernel.longSize, isSigned: true))
        }
        guard rightType.integer != nil else {
            throw PrintFormatError("the address of a part of the record is not known")
        }
        if stride != 1 {
            try builder.constant(UInt64(stride))
            try builder.arithmetic(.multiply)
        }
        try builder.arithmetic(op == .add ? .add : .subtract)
        return type
    }

    /// The type of an expression, if it is a pointer.
    private mutating func pointer(_ expression: Expression) throws(PrintFormatError) -> (type: ValueType, stride: Int?)?
    {
        // Only names, fields and casts of them are pointers, so nothing else is compiled twice.
        switch expression {
        case .field(let name, let position):
            guard try field(name, at: position).kind == .pointer else { return nil }
        case .cast(let name, _) where name.pointers > 0: break
        default: return nil
        }
        let before = builder
        defer { builder = before }
        guard case .address(let element, let stride) = try value(expression) else { return nil }
        return (.address(to: element, stride: stride), stride)
    }

    private mutating func logical(
        _ op: BinaryOperator, _ left: Expression, _ right: Expression
    ) throws(PrintFormatError) -> ValueType {
        let start = builder.count
        try condition(left)
        if let known = builder.constantValue(since: start) {
            let decided = op == .logicalAnd ? known == 0 : known != 0
            builder.retract(to: start, values: 1)
            if decided {
                try builder.constant(op == .logicalAnd ? 0 : 1)
            } else {
                try condition(right)
                try normalizeTruth()
            }
            return .integer(.int)
        }
        let early = try builder.jump(op == .logicalAnd ? .jumpIfZero : .jumpIfNotZero)
        try condition(right)
        try normalizeTruth()
        let end = try builder.jump(.jump)
        builder.forget(1)
        builder.land(early)
        try builder.constant(op == .logicalAnd ? 0 : 1)
        builder.land(end)
        return .integer(.int)
    }

    private mutating func normalizeTruth() throws(PrintFormatError) {
        try builder.unary(.isZero)
        try builder.unary(.isZero)
    }

    mutating func conditional(
        _ test: Expression, _ then: Expression?, _ otherwise: Expression
    ) throws(PrintFormatError) -> ValueType {
        let start = builder.count
        try condition(test)
        if let known = builder.constantValue(since: start) {
            builder.retract(to: start, values: 1)
            return try value(known == 0 ? otherwise : then ?? test)
        }
        let toElse = try builder.jump(.jumpIfZero)
        // `a ?: b` evaluates `a` twice here, which has no effect on the result.
        let thenType = try value(then ?? test)
        let thenConversion = try builder.openConversion()
        let end = try builder.jump(.jump)
        builder.forget(1)
        builder.land(toElse)
        let elseType = try value(otherwise)
        let elseConversion = try builder.openConversion()
        builder.land(end)
        switch (thenType, elseType) {
        case (.integer(let first), .integer(let second)):
            let common = CType.common(first, second)
            builder.setConversion(thenConversion, to: common)
            builder.setConversion(elseConversion, to: common)
            return .integer(common)
        case (.span(let element), .span): return .span(of: element)
        case (.address, _): return thenType
        case (_, .address): return elseType
        default: throw PrintFormatError("the two values of a condition are of different kinds")
        }
    }
}
