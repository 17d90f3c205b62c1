/// A compiled event: flat arrays that rendering only reads. Made once, never changed.
final class Program: @unchecked Sendable {
    // Unchecked: the memory behind the pointers is written in `init` alone.
    let view: ProgramView

    init(_ builder: ProgramBuilder) {
        view = ProgramView(
            instructions: Self.copy(builder.instructions),
            // Room to read 16 bytes from the start of any literal.
            literals: Self.copy(builder.literals + [UInt8](repeating: 0, count: 16)),
            entries: Self.copy(builder.entries), tables: Self.copy(builder.tables), styles: Self.copy(builder.styles),
            requiredSize: builder.requiredSize, textStart: builder.textStart, endsLine: builder.endsLine)
    }

    deinit {
        view.instructions.deallocate()
        view.literals.deallocate()
        view.entries.deallocate()
        view.tables.deallocate()
        view.styles.deallocate()
    }

    private static func copy<Element>(_ array: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, array.count))
        memory.initialize(from: array, count: array.count)
        return UnsafePointer(memory)
    }
}

/// A program as the machine reads it: plain pointers, so that running one counts no references.
struct ProgramView {
    let instructions: UnsafePointer<Instruction>
    let literals: UnsafePointer<UInt8>
    let entries: UnsafePointer<TableEntry>
    let tables: UnsafePointer<NameTable>
    let styles: UnsafePointer<FieldStyle>
    /// A shorter record has not all the fields that the program reads.
    let requiredSize: Int
    /// Where the text starts behind the event's name.
    let textStart: Int
    /// Whether one newline at the end of the text belongs to the line and is left out.
    let endsLine: Bool
}
