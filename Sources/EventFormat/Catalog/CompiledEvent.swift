/// An event whose format was compiled.
public final class CompiledEvent: Sendable {
    /// Its format.
    public let format: EventFormat
    /// Why the print format could not be compiled, if so: the text is then a list of the fields.
    public let failure: PrintFormatError?
    /// What had to be assumed about the kernel; empty if the text is exact.
    public let assumptions: [String]
    /// Whether the text starts with the event's name and a colon. System calls, stacks and markers do not.
    public var startsWithName: Bool { program.view.textStart > 0 }

    let program: Program
    let json: JSONLayout

    init(format: EventFormat, kernel: KernelTraits) {
        self.format = format
        json = JSONLayout(format)
        do throws(PrintFormatError) {
            let (program, assumptions) = try ProgramCompiler.compile(format, kernel: kernel)
            self.program = program
            self.assumptions = assumptions
            failure = nil
        } catch {
            failure = error
            assumptions = []
            program = ProgramCompiler.compileFields(format, kernel: kernel) ?? Program(ProgramBuilder.stopped)
        }
    }
}

extension ProgramBuilder {
    /// The program that does nothing.
    static let stopped: ProgramBuilder = {
        var builder = ProgramBuilder()
        try? builder.emit(Instruction(opcode: .stop))
        return builder
    }()
}
