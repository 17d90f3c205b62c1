/// Jumps. They only go forward, so every program ends.
extension ProgramBuilder {
    /// Emits a jump whose target is set by `land`.
    mutating func jump(_ opcode: Opcode) throws(PrintFormatError) -> Int {
        try emit(Instruction(opcode: opcode), pops: opcode == .jump ? 0 : 1)
        return instructions.count - 1
    }

    /// Sets a jump's target to the next instruction.
    mutating func land(_ jump: Int) {
        instructions[jump].operand = UInt32(instructions.count)
        barrier = instructions.count
    }

    /// Discounts the values of this branch, because the other branch starts with the same stack.
    mutating func forget(_ values: Int) { depth -= values }

    /// Emits a conversion whose type is not known yet; see `setConversion`.
    mutating func openConversion() throws(PrintFormatError) -> Int {
        try emit(Instruction(opcode: .convert, small: LoadKind.u64.rawValue))
        return instructions.count - 1
    }

    mutating func setConversion(_ index: Int, to type: CType) {
        if let kind = LoadKind(type) { instructions[index].small = kind.rawValue }
    }

    /// Removes conversions that have no effect.
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
