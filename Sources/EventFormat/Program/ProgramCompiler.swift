/// Compiles one event's format to a program. The extensions compile C.
struct ProgramCompiler {
    let format: EventFormat
    let kernel: KernelTraits
    let types: TypeTable
    var builder = ProgramBuilder()
    /// Variables of statement expressions that are in scope.
    var locals: [String: Local] = [:]
    /// Assumptions on which the text depends. Empty if the text is exact.
    var assumptions: [String] = []
    /// Number of compiled expressions, those of failed attempts included. It is bounded, so that a hostile format cannot take
    /// long.
    var visited = 0

    enum Local {
        case value(slot: Int, ValueType)
        /// The text built by `trace_seq_printf(p, ...)` calls.
        case text([Expression])
    }

    init(format: EventFormat, kernel: KernelTraits) {
        self.format = format
        self.kernel = kernel
        var types = TypeTable(longSize: kernel.longSize)
        types.learn(from: format.commonFields + format.fields)
        self.types = types
    }

    /// The program of the event, whose text is the one that its kernel prints.
    static func compile(
        _ format: EventFormat, kernel: KernelTraits
    ) throws(PrintFormatError) -> (program: PrintProgram, assumptions: [String]) {
        var compiler = ProgramCompiler(format: format, kernel: kernel)
        try compiler.compileEvent()
        try compiler.builder.emit(Instruction(opcode: .stop))
        compiler.builder.removeEmptyConversions()
        return (PrintProgram(compiler.builder), compiler.assumptions)
    }

    /// The program that prints the fields one by one, for an event whose print format cannot be compiled.
    static func compileFields(_ format: EventFormat, kernel: KernelTraits) -> PrintProgram? {
        var compiler = ProgramCompiler(format: format, kernel: kernel)
        do throws(PrintFormatError) {
            try compiler.compileFieldList()
            try compiler.builder.emit(Instruction(opcode: .stop))
        } catch {
            return nil
        }
        return PrintProgram(compiler.builder)
    }

    mutating func visit() throws(PrintFormatError) {
        visited += 1
        guard visited <= 50_000 else { throw PrintFormatError("an expression that is too long") }
    }

    mutating func assume(_ what: String) {
        if !assumptions.contains(what) && assumptions.count < 32 { assumptions.append(what) }
    }

    /// Compiles `name: ` and the print format.
    mutating func compilePrintFormat() throws(PrintFormatError) {
        let print = try PrintFormat(parsing: format.printFormat, types: types)
        try builder.literal("\(format.name): ")
        builder.markTextStart()
        try compile(print.pieces, arguments: print.arguments)
    }

    func field(_ name: String, at position: Int? = nil) throws(PrintFormatError) -> EventField {
        guard let field = format.field(name) else {
            throw PrintFormatError("no field '\(name)'", at: position)
        }
        return field
    }
}
