/// Collects the instructions of a program, joining and folding as they come.
struct ProgramBuilder {
    static let maximumInstructions = 16_384
    static let maximumLiterals = 1 << 20
    static let maximumLocals = 16
    /// Values on the machine's stack, locals included.
    static let stackSize = 64

    private(set) var instructions: [Instruction] = []
    private(set) var literals: [UInt8] = []
    private(set) var entries: [TableEntry] = []
    private(set) var tables: [NameTable] = []
    private(set) var styles: [FieldStyle] = []
    /// Bytes that a record must have for all the fixed fields that are read.
    private(set) var requiredSize = 0
    /// The instruction behind the event's name.
    private(set) var textStart = 0
    /// Whether the text may end with a newline of its own, which is then that of the line.
    var endsLine = false
    private(set) var depth = 0
    private(set) var locals = 0
    /// Instructions before this one must not be changed: something jumps here.
    private var barrier = 0
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

    /// From here on the text is the event's own and no longer its name.
    mutating func markTextStart() {
        textStart = instructions.count
        barrier = instructions.count
    }

    // MARK: Literals and tables

    /// Puts bytes into the literal pool, once.
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

    /// Takes the byte back if the program so far ends with it.
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

    // MARK: Values

    mutating func constant(_ value: UInt64) throws(PrintFormatError) {
        try emit(Instruction(opcode: .constant, immediate: value), pushes: 1)
    }

    mutating func load(_ kind: LoadKind, at offset: Int) throws(PrintFormatError) {
        require(offset + kind.width)
        try emit(Instruction(opcode: .load, small: kind.rawValue, operand: UInt32(offset)), pushes: 1)
    }

    /// The value of the instructions since `start`, if they are one constant.
    func constantValue(since start: Int) -> UInt64? {
        guard instructions.count == start + 1, start >= barrier, instructions[start].opcode == .constant else {
            return nil
        }
        return instructions[start].immediate
    }

    /// The load that is all there is since `start`.
    func singleLoad(since start: Int) -> (kind: LoadKind, offset: Int)? {
        guard instructions.count == start + 1, start >= barrier, instructions[start].opcode == .load,
            let kind = LoadKind(rawValue: instructions[start].small)
        else { return nil }
        return (kind, Int(instructions[start].operand))
    }

    /// Takes back what was emitted since `start`, which must have left `values` values on the stack.
    mutating func takeBack(to start: Int, values: Int) {
        instructions.removeLast(instructions.count - start)
        depth -= values
        barrier = min(barrier, start)
    }

    mutating func convert(to type: CType) throws(PrintFormatError) {
        guard let kind = LoadKind(type), kind != .u64 else { return }
        if let last = instructions.last, instructions.count > barrier {
            if last.opcode == .constant {
                instructions[instructions.count - 1].immediate = type.extended(last.immediate)
                return
            }
            // The machine is little-endian: a narrower load at the same place is the cut value.
            if last.opcode == .load, let loaded = LoadKind(rawValue: last.small) {
                if kind.width <= loaded.width {
                    instructions[instructions.count - 1].small = kind.rawValue
                    return
                }
                if !loaded.isSigned || kind.isSigned { return }
            }
        }
        try emit(Instruction(opcode: .convert, small: kind.rawValue))
    }

    mutating func arithmetic(_ operation: Arithmetic) throws(PrintFormatError) {
        let end = instructions.count
        if end >= 2, end - 2 >= barrier, instructions[end - 1].opcode == .constant,
            instructions[end - 2].opcode == .constant
        {
            let value = operation.evaluate(instructions[end - 2].immediate, instructions[end - 1].immediate)
            takeBack(to: end - 2, values: 2)
            try constant(value)
            return
        }
        try emit(Instruction(opcode: .arithmetic, small: operation.rawValue), pops: 2, pushes: 1)
    }

    mutating func unary(_ opcode: Opcode) throws(PrintFormatError) {
        if let last = instructions.last, last.opcode == .constant, instructions.count > barrier {
            let value = last.immediate
            instructions[instructions.count - 1].immediate =
                switch opcode {
                case .negate: 0 &- value
                case .complement: ~value
                default: value == 0 ? 1 : 0
                }
            return
        }
        try emit(Instruction(opcode: opcode))
    }

    /// Whether the top of the stack is a constant that the last instruction pushed.
    var endsWithConstant: Bool { instructions.last?.opcode == .constant && instructions.count > barrier }

    mutating func convertConstant(_ index: Int, to type: CType) {
        instructions[index].immediate = type.extended(instructions[index].immediate)
    }

    mutating func newLocal() throws(PrintFormatError) -> Int {
        guard locals < Self.maximumLocals else { throw PrintFormatError("more than \(Self.maximumLocals) variables") }
        locals += 1
        return locals - 1
    }

    // MARK: Jumps

    /// Emits a jump whose target is set by `land`.
    mutating func jump(_ opcode: Opcode) throws(PrintFormatError) -> Int {
        try emit(Instruction(opcode: opcode), pops: opcode == .jump ? 0 : 1)
        return instructions.count - 1
    }

    /// Lets a jump land on the next instruction.
    mutating func land(_ jump: Int) {
        instructions[jump].operand = UInt32(instructions.count)
        barrier = instructions.count
    }

    /// The other branch starts with as many values as this one did.
    mutating func forget(_ values: Int) { depth -= values }

    /// Emits a conversion whose type is not known yet; see `setConversion`.
    mutating func openConversion() throws(PrintFormatError) -> Int {
        try emit(Instruction(opcode: .convert, small: LoadKind.u64.rawValue))
        return instructions.count - 1
    }

    mutating func setConversion(_ index: Int, to type: CType) {
        if let kind = LoadKind(type) { instructions[index].small = kind.rawValue }
    }

    /// Removes conversions that turned out to change nothing.
    mutating func removeEmptyConversions() {
        var moved = [UInt32](repeating: 0, count: instructions.count + 1)
        var kept: [Instruction] = []
        for (index, instruction) in instructions.enumerated() {
            moved[index] = UInt32(kept.count)
            if instruction.opcode == .convert && instruction.small == LoadKind.u64.rawValue { continue }
            kept.append(instruction)
        }
        moved[instructions.count] = UInt32(kept.count)
        for index in kept.indices {
            switch kept[index].opcode {
            case .jump, .jumpIfZero, .jumpIfNotZero: kept[index].operand = moved[Int(kept[index].operand)]
            default: break
            }
        }
        textStart = Int(moved[textStart])
        instructions = kept
    }
}
