/// Synthetic events: kernel/trace/trace_events_synth.c, `print_synth_event`. The kernel prints them from their fields,
/// not from their print format, which has commas between the fields and a precision without an argument for strings.
extension ProgramCompiler {
    mutating func compileSynthetic() throws(PrintFormatError) {
        let print = try PrintFormat(parsing: format.printFormat, types: types)
        let conversions = print.pieces.compactMap { piece -> Conversion? in
            if case .conversion(let conversion) = piece { conversion } else { nil }
        }
        guard conversions.count == format.fields.count else {
            throw PrintFormatError("not one conversion for each field")
        }
        try builder.literal("\(format.name): ")
        builder.markTextStart()
        for (index, field) in format.fields.enumerated() {
            let isLast = index == format.fields.count - 1
            try builder.literal("\(field.name)=")
            switch (field.kind, conversions[index].kind) {
            case (.string, _), (.dynamic(_, isString: true), _), (.relativeDynamic(_, isString: true), _):
                try text(.field(field.name, position: 0))
            case (.dynamic, _), (.relativeDynamic, _):
                // A stack's text ends with a newline.
                try builder.literal("STACK:\n")
                _ = try dynamicSpan(field)
                try builder.emit(Instruction(opcode: .symbolList), pops: 1)
                if isLast { builder.endsLine = true }
                continue
            case (.integer, .integer(let base, let isSigned, _, _)):
                try syntheticNumber(field, base: UInt8(base), isSigned: isSigned)
            default: throw PrintFormatError("field '\(field.name)' is not a number, string or stack")
            }
            if !isLast { try builder.literal(" ") }
            if field.type == "gfp_t" { assume("the names of gfp_t flags are not in the format") }
        }
    }

    /// `print_synth_event_num_val`: values narrower than an int are printed unsigned, whatever their type.
    private mutating func syntheticNumber(
        _ field: EventField, base: UInt8, isSigned: Bool
    ) throws(PrintFormatError) {
        guard let kind = LoadKind(CType(width: field.size, isSigned: isSigned && field.size >= 4)) else {
            throw PrintFormatError("field '\(field.name)' has \(field.size) bytes")
        }
        builder.require(field.end)
        let opcode: Opcode = base == 16 ? .fieldHex : isSigned && field.size >= 4 ? .fieldSigned : .fieldUnsigned
        try builder.emit(Instruction(opcode: opcode, small: kind.rawValue, operand: UInt32(field.offset)))
    }
}
