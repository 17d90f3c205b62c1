/// Prints the fields one by one like `print_fields` of kernel/trace/trace_output.c, which the kernel uses for user
/// events and with its option `fields`.
extension ProgramCompiler {
    mutating func compileFieldList() throws(PrintFormatError) {
        try builder.literal("\(format.name):")
        builder.markTextStart()
        for field in format.fields {
            try builder.literal(" \(field.name)=")
            try fieldItem(field)
        }
    }

    private mutating func fieldItem(_ field: EventField) throws(PrintFormatError) {
        let value = Expression.field(field.name, position: 0)
        switch field.kind {
        case .string: try text(value)
        case .dynamic(_, isString: true), .relativeDynamic(_, isString: true): try dynamicText(field)
        case .trailing(_, isString: true): try text(value)
        case .dynamic, .relativeDynamic, .array, .opaque, .trailing:
            _ = try fieldValue(field)
            try builder.emit(Instruction(opcode: .byteList), pops: 1)
        case .pointer:
            try builder.literal("(0x")
            try pointer("x", value, FieldStyle(), width: nil, precision: nil)
            try builder.literal(")")
        case .integer:
            var style = FieldStyle()
            style.size = UInt8(field.size)
            style.isSigned = field.isSigned
            if field.size > 1 {
                var hex = style
                hex.base = 16
                hex.isSigned = false
                try builder.literal("0x")
                try number(value, hex, isPlain: true)
                try builder.literal(" (")
            } else {
                try builder.literal("(")
            }
            try number(value, style, isPlain: true)
            try builder.literal(")")
        }
    }
}
