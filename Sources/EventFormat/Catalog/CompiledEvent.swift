/// An event with its compiled format.
public final class CompiledEvent: Sendable {
    /// The event's format.
    public let format: EventFormat
    /// Why the print format could not be compiled, or nil. If it could not, the text is a list of the fields.
    public let failure: PrintFormatError?
    /// Assumptions about the kernel on which the text depends. Empty if the text is exact.
    public let assumptions: [String]
    /// Whether the text starts with the event's name and a colon. System calls, stacks and markers do not.
    public var startsWithName: Bool { program.view.textStart > 0 }

    let program: PrintProgram
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
            program = ProgramCompiler.compileFields(format, kernel: kernel) ?? PrintProgram(ProgramBuilder.stopped)
        }
    }
}

extension ProgramBuilder {
    /// A program that does nothing.
    static let stopped: ProgramBuilder = {
        var builder = ProgramBuilder()
        try? builder.emit(Instruction(opcode: .stop))
        return builder
    }()
}
