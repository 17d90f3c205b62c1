/// `({ const char *ret = trace_seq_buffer_ptr(p); trace_seq_printf(p, "...", ...); trace_seq_putc(p, 0); ret; })`:
/// the idiom with which a print format builds a string.
extension ProgramCompiler {
    mutating func statementText(_ statements: [Statement]) throws(PrintFormatError) {
        let outer = locals
        defer { locals = outer }
        var calls: [Expression] = []
        var sequence: String?
        for (index, statement) in statements.enumerated() {
            switch statement {
            case .declaration(_, let name, .call("trace_seq_buffer_ptr", _, _)): sequence = name
            case .declaration(let type, let name, let initial):
                let valueType = try cast(type, initial)
                let slot = try builder.newLocal()
                try builder.emit(Instruction(opcode: .storeLocal, operand: UInt32(slot)), pops: 1)
                locals[name] = .value(slot: slot, valueType)
            case .expression(.call(let name, let arguments, let position)) where name.hasPrefix("trace_seq_"):
                calls.append(.call(name, arguments, position: position))
            case .expression(let result):
                guard index == statements.count - 1 else {
                    throw PrintFormatError("a statement that has no effect on the text")
                }
                if let sequence { locals[sequence] = .text(calls) }
                try text(result)
            }
        }
    }

    /// Compiles a call that appends to the sequence.
    mutating func sequenceCall(_ call: Expression) throws(PrintFormatError) {
        guard case .call(let name, let arguments, let position) = call else { return }
        switch (name, arguments.count) {
        case ("trace_seq_putc", 2):
            if try constant(arguments[1]) == 0 { return }
            try integer(arguments[1])
            try builder.emit(Instruction(opcode: .character), pops: 1)
        case ("trace_seq_puts", 2): try text(arguments[1])
        case ("trace_seq_printf", 2...):
            guard case .string(let format) = arguments[1] else {
                throw PrintFormatError("trace_seq_printf without a format", at: position)
            }
            let pieces = try ConversionParser.pieces(of: format, longSize: kernel.longSize)
            try compile(pieces, arguments: Array(arguments.dropFirst(2)))
        default: throw PrintFormatError("unknown function '\(name)'", at: position)
        }
    }
}
