/// A compiled event: flat arrays that rendering only reads. It is immutable.
final class PrintProgram: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the pointers.
    let view: ProgramView

    init(_ builder: ProgramBuilder) {
        view = ProgramView(
            instructions: Self.copy(builder.instructions),
            // Room for a read of 16 bytes from the start of any literal.
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

/// A program as the machine reads it: plain pointers, so that running it causes no ARC traffic.
struct ProgramView {
    let instructions: UnsafePointer<Instruction>
    let literals: UnsafePointer<UInt8>
    let entries: UnsafePointer<TableEntry>
    let tables: UnsafePointer<NameTable>
    let styles: UnsafePointer<FieldStyle>
    /// Bytes that a record needs to hold all fixed fields that the program reads.
    let requiredSize: Int
    /// The first instruction after the event's name.
    let textStart: Int
    /// Whether a newline at the end of the text ends the line and is left out.
    let endsLine: Bool
}
