/// Functions that only `FtraceStyles` and `OpenatStyle` use.
extension ProgramCompiler {
    /// Compiles a `__trace_` function that writes text. Returns `false` for any other function.
    mutating func traceFunction(
        _ name: String, _ arguments: [Expression], _ position: Int
    ) throws(PrintFormatError) -> Bool {
        guard name.hasPrefix("__trace_"), let first = arguments.first else { return false }
        switch name {
        case "__trace_join": for argument in arguments { try text(argument) }
        case "__trace_ip":
            try integer(first)
            try builder.emit(Instruction(opcode: .symbol, small: SymbolForm.bare.rawValue), pops: 1)
        case "__trace_arguments":
            // Kernels before 6.15 do not record them.
            guard arguments.count == 2, case .identifier(let registers, _) = arguments[1],
                let field = format.field(registers), case .identifier(let function, _) = first
            else { break }
            let address = try self.field(function)
            builder.require(max(field.offset, address.end))
            try builder.emit(
                Instruction(
                    opcode: .functionArguments, operand: UInt32(field.offset), immediate: UInt64(address.offset)))
        case "__trace_decimal": try number(first, FieldStyle(), isPlain: true)
        case "__trace_octal":
            let style = FieldStyle(base: 8, size: 4, precision: 3)
            try number(first, style, isPlain: false)
        case "__trace_task":
            try integer(first)
            try builder.emit(Instruction(opcode: .taskName), pops: 1)
        case "__trace_stack", "__trace_user_stack":
            let field = try fieldArgument(name, arguments, position)
            let form: StackForm = name == "__trace_stack" ? .kernel : .user
            builder.require(field.offset)
            try builder.emit(
                Instruction(
                    opcode: .stack, small: form.rawValue, operand: UInt32(field.offset), immediate: UInt64(field.size)))
        case "__trace_bytes":
            let field = try fieldArgument(name, arguments, position)
            builder.require(field.offset)
            try builder.emit(Instruction(opcode: .rawBytes, operand: UInt32(field.offset)))
        case "__trace_printf":
            guard arguments.count == 2, case .identifier(let formatName, _) = arguments[0],
                case .identifier(let dataName, _) = arguments[1]
            else { return false }
            let data = try field(dataName)
            let formatField = try field(formatName)
            builder.require(max(data.offset, formatField.end))
            try builder.emit(
                Instruction(opcode: .binaryPrintf, operand: UInt32(formatField.offset), immediate: UInt64(data.offset)))
        default: return false
        }
        return true
    }
}
