/// Collects the instructions of a program. It joins literals and folds constants immediately.
struct ProgramBuilder {
    static let maximumInstructions = 16_384
    static let maximumLiterals = 1 << 20
    static let maximumLocals = 16
    /// Values on the machine's stack, including locals.
    static let stackSize = 64

    var instructions: [Instruction] = []
    private(set) var literals: [UInt8] = []
    private(set) var entries: [TableEntry] = []
    private(set) var tables: [NameTable] = []
    private(set) var styles: [FieldStyle] = []
    /// Bytes that a record needs to hold all fixed fields that are read.
    private(set) var requiredSize = 0
    /// The first instruction after the event's name.
    var textStart = 0
    /// Whether a newline at the end of the text ends the line.
    var endsLine = false
    var depth = 0
    var locals = 0
    /// Instructions before this one must not be changed, because something jumps here.
    var barrier = 0
    private var literalIndex: [[UInt8]: Int] = [:]

    var count: Int { instructions.count }

    mutating func emit(_ instruction: Instruction, pops: Int = 0, pushes: Int = 0) throws(PrintFormatError) {
        guard instructions.count < Self.maximumInstructions else {
            throw PrintFormatError("more than \(Self.maximumInstructions) instructions")
        }
        depth += pushes - pops
        guard depth <= Self.stackSize - Self.maximumLocals else {
            throw PrintFormatError(
                "an expression needs more than \(Self.stackSize - Self.maximumLocals) values at once")
        }
        instructions.append(instruction)
    }

    mutating func require(_ end: Int) { requiredSize = max(requiredSize, end) }

    /// Marks the end of the event's name in the text.
    mutating func markTextStart() {
        textStart = instructions.count
        barrier = instructions.count
    }

    // MARK: Literals and tables

    /// Adds bytes to the literal pool, or finds them there.
    mutating func pool(_ bytes: [UInt8]) throws(PrintFormatError) -> (offset: UInt32, length: UInt32) {
        let offset: Int
        if let known = literalIndex[bytes] {
            offset = known
        } else {
            offset = literals.count
            guard offset + bytes.count <= Self.maximumLiterals else { throw PrintFormatError("too much text") }
            literals += bytes
            literalIndex[bytes] = offset
        }
        return (UInt32(offset), UInt32(bytes.count))
    }

    mutating func literal(_ bytes: [UInt8]) throws(PrintFormatError) {
        guard !bytes.isEmpty else { return }
        var bytes = bytes
        if let last = instructions.last, last.opcode == .literal, instructions.count > barrier {
            let start = Int(last.operand)
            bytes = literals[start..<start + Int(last.immediate)] + bytes
            instructions.removeLast()
        }
        let (offset, length) = try pool(bytes)
        try emit(Instruction(opcode: .literal, operand: offset, immediate: UInt64(length)))
    }

    /// Removes the byte if the program's text so far ends with it. Returns whether it did.
    mutating func dropTrailing(_ byte: UInt8) -> Bool {
        guard let last = instructions.last, last.opcode == .literal, instructions.count > barrier, last.immediate > 0,
            literals[Int(last.operand) + Int(last.immediate) - 1] == byte
        else { return false }
        if last.immediate == 1 {
            instructions.removeLast()
        } else {
            instructions[instructions.count - 1].immediate -= 1
        }
        return true
    }

    mutating func literal(_ text: String) throws(PrintFormatError) { try literal(Array(text.utf8)) }

    mutating func table(
        _ names: [(value: UInt64, name: [UInt8])], delimiter: [UInt8]
    ) throws(PrintFormatError) -> UInt32 {
        let first = entries.count
        guard first + names.count <= 1 << 16 else { throw PrintFormatError("too many table entries") }
        for (value, name) in names {
            let (offset, length) = try pool(name)
            entries.append(TableEntry(value: value, nameOffset: offset, nameLength: length))
        }
        let (offset, length) = try pool(delimiter)
        tables.append(
            NameTable(
                first: UInt32(first), count: UInt32(names.count), delimiterOffset: offset, delimiterLength: length))
        return UInt32(tables.count - 1)
    }

    mutating func style(_ style: FieldStyle) -> UInt16 {
        if let known = styles.firstIndex(of: style) { return UInt16(known) }
        styles.append(style)
        return UInt16(truncatingIfNeeded: styles.count - 1)
    }
}
