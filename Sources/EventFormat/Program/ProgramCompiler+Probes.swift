/// Events of kprobes, uprobes, fprobes and their return forms: kernel/trace/trace_kprobe.c `print_kprobe_event`,
/// trace_uprobe.c `print_uprobe_event`, trace_probe.h `print_probe_args`.
///
/// Their print formats differ from the kernel's text in two points: the kernel resolves the addresses at the start, and
/// prints `(fault)` for strings that it could not read.
extension ProgramCompiler {
    mutating func compileProbe() throws(PrintFormatError) {
        let print = try PrintFormat(parsing: format.printFormat, types: types)
        try builder.literal("\(format.name): ")
        builder.markTextStart()
        var pieces = print.pieces[...]
        var arguments = print.arguments[...]
        // "(%lx)" or "(%lx <- %lx)", followed by the rest of the literal.
        let addresses = format.field("__probe_ip") != nil ? 1 : 2
        try builder.literal("(")
        if addresses == 1 {
            try address("__probe_ip", .probe)
        } else {
            try address("__probe_ret_ip", .probe)
            try builder.literal(" <- ")
            try address("__probe_func", .probeFunction)
        }
        for _ in 0..<addresses {
            guard case .literal = pieces.popFirst(), case .conversion = pieces.popFirst(), arguments.popFirst() != nil
            else { throw PrintFormatError("the print format of a probe has no addresses") }
        }
        try probeArguments(Array(pieces), Array(arguments))
    }

    /// `name: (sched.sched_switch) arg=...`: `print_eprobe_event` of kernel/trace/trace_eprobe.c. The probe's format
    /// does not state the event to which it is attached.
    mutating func compileEventProbe(of target: String) throws(PrintFormatError) {
        let print = try PrintFormat(parsing: format.printFormat, types: types)
        try builder.literal("\(format.name): ")
        builder.markTextStart()
        try builder.literal("(\(target))")
        try probeArguments(print.pieces, print.arguments)
    }

    private mutating func address(_ name: String, _ form: SymbolForm) throws(PrintFormatError) {
        try integer(.field(name, position: 0))
        try builder.emit(Instruction(opcode: .symbol, small: form.rawValue), pops: 1)
    }

    private mutating func probeArguments(
        _ pieces: [FormatPiece], _ arguments: [Expression]
    ) throws(PrintFormatError) {
        var pieces = pieces
        var arguments = arguments[...]
        let quote = UInt8(ascii: "\"")
        for index in pieces.indices {
            switch pieces[index] {
            case .literal(let bytes): try builder.literal(bytes)
            case .conversion(let conversion):
                guard let argument = arguments.popFirst() else {
                    throw PrintFormatError("fewer arguments than conversions")
                }
                guard conversion.kind == .string, case .call("__get_str", let names, let position) = argument,
                    index + 1 < pieces.count, case .literal(let behind) = pieces[index + 1], behind.first == quote,
                    builder.dropTrailing(quote)
                else {
                    try compile([pieces[index]], arguments: [argument])
                    continue
                }
                pieces[index + 1] = .literal(Array(behind.dropFirst()))
                try probeString(names, position)
            }
        }
    }

    /// `"text"`, or `(fault)` if the kernel could not read it.
    private mutating func probeString(_ names: [Expression], _ position: Int) throws(PrintFormatError) {
        let field: EventField
        let offset: Int
        switch names.first {
        case .index(.identifier(let name, _), .integer(let index, _)):
            field = try self.field(name, at: position)
            guard index < UInt64(field.size / 4) else { throw PrintFormatError("index outside of the array") }
            offset = field.offset + 4 * Int(index)
        default:
            field = try fieldArgument("__get_str", names, position)
            offset = field.offset
        }
        guard field.isDynamic else { throw PrintFormatError("field '\(field.name)' is not a dynamic array") }
        builder.require(offset + 4)
        let small = field.relativeFlag
        try builder.emit(
            Instruction(opcode: .dynamicLength, small: small, operand: UInt32(offset)), pushes: 1)
        let fault = try builder.jump(.jumpIfZero)
        try builder.literal("\"")
        try builder.emit(Instruction(opcode: .dynamicString, small: small, operand: UInt32(offset)))
        try builder.literal("\"")
        let end = try builder.jump(.jump)
        builder.land(fault)
        try builder.literal("(fault)")
        builder.land(end)
    }
}
