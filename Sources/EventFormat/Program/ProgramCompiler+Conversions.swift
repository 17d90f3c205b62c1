extension ProgramCompiler {
    /// Compiles a printf format with its arguments.
    mutating func compile(_ pieces: [FormatPiece], arguments: [Expression]) throws(PrintFormatError) {
        var rest = arguments[...]
        for piece in pieces {
            switch piece {
            case .literal(let bytes): try builder.literal(bytes)
            case .conversion(let conversion):
                let width = conversion.width == .argument ? try next(&rest) : nil
                let precision = conversion.precision == .argument ? try next(&rest) : nil
                try compileKnown(conversion, width, precision, try next(&rest))
            }
        }
    }

    private func next(_ arguments: inout ArraySlice<Expression>) throws(PrintFormatError) -> Expression {
        guard let argument = arguments.popFirst() else { throw PrintFormatError("fewer arguments than conversions") }
        return argument
    }

    /// Compiles a conversion. Where it needs a name whose value is not known, that name or a question mark is printed;
    /// the other values of the event are printed all the same.
    private mutating func compileKnown(
        _ conversion: Conversion, _ width: Expression?, _ precision: Expression?, _ argument: Expression
    ) throws(PrintFormatError) {
        let before = builder
        do throws(PrintFormatError) {
            try compile(conversion, width, precision, argument)
        } catch {
            guard let name = error.unknownName else { throw error }
            builder = before
            assume("the value of '\(name)' is not known")
            switch argument {
            case .identifier(name, _): try builder.literal(name)
            case .conditional(let test, .some(let then), let otherwise) where !dependsOnUnknown(test):
                try condition(test)
                try branch(then, otherwise) { compiler, value throws(PrintFormatError) in
                    try compiler.compileKnown(conversion, width, precision, value)
                }
            default: try builder.literal("?")
            }
        }
    }

    /// Writes one of two values, by the condition that is on the stack.
    ///
    /// - Parameter write: compiles what writes one of them.
    mutating func branch(
        _ then: Expression, _ otherwise: Expression,
        _ write: (inout ProgramCompiler, Expression) throws(PrintFormatError) -> Void
    ) throws(PrintFormatError) {
        let toElse = try builder.jump(.jumpIfZero)
        try write(&self, then)
        let end = try builder.jump(.jump)
        builder.land(toElse)
        try write(&self, otherwise)
        builder.land(end)
    }

    /// Whether a condition needs what is not known.
    func dependsOnUnknown(_ test: Expression) -> Bool {
        var trial = self
        do throws(PrintFormatError) {
            try trial.condition(test)
            return false
        } catch {
            return true
        }
    }

    private mutating func compile(
        _ conversion: Conversion, _ width: Expression?, _ precision: Expression?, _ argument: Expression
    ) throws(PrintFormatError) {
        var style = FieldStyle()
        style.isLeft = conversion.isLeft
        style.plus = conversion.plus
        style.space = conversion.space
        style.isAlternate = conversion.isAlternate
        style.zeroPadded = conversion.zeroPadded
        if case .fixed(let columns) = conversion.width { style.width = Int32(columns) }
        if case .fixed(let digits) = conversion.precision { style.precision = Int32(digits) }
        if width != nil { style.width = FieldStyle.fromStack }
        if precision != nil { style.precision = FieldStyle.fromStack }
        switch conversion.kind {
        case .integer(let base, let isSigned, let isUpper, let size):
            style.base = UInt8(base)
            style.isSigned = isSigned
            style.isUpper = isUpper
            style.size = UInt8(size)
            try amounts(width, precision)
            try number(argument, style, isPlain: conversion.isPlain)
        case .pointer(let letters):
            try pointer(letters, argument, style, width: width, precision: precision)
        case .character, .string:
            try amounts(width, precision)
            let isBare = style.width == 0 && style.precision == -1
            let index = builder.style(style)
            if !isBare { try builder.emit(Instruction(opcode: .beginField), pushes: 1) }
            if conversion.kind == .character {
                try integer(argument)
                try builder.emit(Instruction(opcode: .character), pops: 1)
            } else {
                try text(argument)
            }
            if !isBare { try endField(index, width, precision) }
        }
    }

    /// Pushes width and precision if they are arguments.
    private mutating func amounts(_ width: Expression?, _ precision: Expression?) throws(PrintFormatError) {
        if let width { try integer(width) }
        if let precision { try integer(precision) }
    }

    private mutating func endField(
        _ style: UInt16, _ width: Expression?, _ precision: Expression?
    ) throws(PrintFormatError) {
        let pops = 1 + (width == nil ? 0 : 1) + (precision == nil ? 0 : 1)
        try builder.emit(Instruction(opcode: .endField, medium: style), pops: pops)
    }

    /// Compiles an integer conversion. It is one instruction if the argument is a field.
    mutating func number(
        _ argument: Expression, _ style: FieldStyle, isPlain: Bool
    ) throws(PrintFormatError) {
        let start = builder.count
        try integer(argument)
        let dynamic = (style.width == FieldStyle.fromStack ? 1 : 0) + (style.precision == FieldStyle.fromStack ? 1 : 0)
        guard dynamic == 0, let (loaded, offset) = builder.singleLoad(since: start),
            let kind = Self.fused(loaded, style)
        else {
            let index = builder.style(style)
            return try builder.emit(Instruction(opcode: .number, medium: index), pops: 1 + dynamic)
        }
        builder.retract(to: start, values: 1)
        builder.require(offset + kind.width)
        var instruction = Instruction(opcode: .fieldNumber, small: kind.rawValue, operand: UInt32(offset))
        switch (style.base, style.isSigned) {
        case (10, true) where isPlain: instruction.opcode = .fieldSigned
        case (10, false) where isPlain: instruction.opcode = .fieldUnsigned
        case (16, false) where isPlain && !style.isUpper: instruction.opcode = .fieldHex
        default: instruction.medium = builder.style(style)
        }
        try builder.emit(instruction)
    }

    /// The load that gives a field's value as the conversion prints it, or `nil` if one load is not enough.
    private static func fused(_ loaded: LoadKind, _ style: FieldStyle) -> LoadKind? {
        let size = Int(style.size)
        // The machine is little-endian, so the lowest bytes are first.
        if loaded.width >= size { return LoadKind(CType(width: size, isSigned: style.isSigned)) }
        // An unsigned conversion prints a negative value as a large number of its promoted width.
        return loaded.isSigned && !style.isSigned && size < 8 ? nil : loaded
    }
}
