/// Compiles one event's format to a program. The parts that know C are in the extensions.
struct ProgramCompiler {
    let format: EventFormat
    let kernel: KernelTraits
    let types: TypeTable
    var builder = ProgramBuilder()
    /// Variables of statement expressions that are in scope.
    var locals: [String: Local] = [:]
    /// What had to be assumed; empty for an exact rendering.
    var assumptions: [String] = []
    /// Expressions that were compiled, so that a hostile format cannot make this take long.
    private var visited = 0

    enum Local {
        case value(slot: Int, ValueType)
        /// The text that `trace_seq_printf(p, ...)` calls made.
        case text([Expression])
    }

    init(format: EventFormat, kernel: KernelTraits) {
        self.format = format
        self.kernel = kernel
        var types = TypeTable(longSize: kernel.longSize)
        types.learn(from: format.commonFields + format.fields)
        self.types = types
    }

    /// The program of the event, in the style in which its kernel prints it.
    static func compile(
        _ format: EventFormat, kernel: KernelTraits
    ) throws(PrintFormatError) -> (program: Program, assumptions: [String]) {
        var compiler = ProgramCompiler(format: format, kernel: kernel)
        try compiler.compileEvent()
        try compiler.builder.emit(Instruction(opcode: .stop))
        compiler.builder.removeEmptyConversions()
        return (Program(compiler.builder), compiler.assumptions)
    }

    /// The program that prints the fields one by one: for an event whose print format cannot be compiled.
    static func compileFields(_ format: EventFormat, kernel: KernelTraits) -> Program? {
        var compiler = ProgramCompiler(format: format, kernel: kernel)
        do throws(PrintFormatError) {
            try compiler.compileFieldList()
            try compiler.builder.emit(Instruction(opcode: .stop))
        } catch {
            return nil
        }
        return Program(compiler.builder)
    }

    mutating func visit() throws(PrintFormatError) {
        visited += 1
        guard visited <= 50_000 else { throw PrintFormatError("too long an expression") }
    }

    mutating func assume(_ what: String) {
        if !assumptions.contains(what) && assumptions.count < 32 { assumptions.append(what) }
    }

    /// `name: ` and then the print format.
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
