/// Instructions that push values. Constants are folded immediately.
extension ProgramBuilder {
    mutating func constant(_ value: UInt64) throws(PrintFormatError) {
        try emit(Instruction(opcode: .constant, immediate: value), pushes: 1)
    }

    mutating func load(_ kind: LoadKind, at offset: Int) throws(PrintFormatError) {
        require(offset + kind.width)
        try emit(Instruction(opcode: .load, small: kind.rawValue, operand: UInt32(offset)), pushes: 1)
    }

    /// The value, if the only instruction since `start` is a constant.
    func constantValue(since start: Int) -> UInt64? {
        guard instructions.count == start + 1, start >= barrier, instructions[start].opcode == .constant else {
            return nil
        }
        return instructions[start].immediate
    }

    /// The load, if it is the only instruction since `start`.
    func singleLoad(since start: Int) -> (kind: LoadKind, offset: Int)? {
        guard instructions.count == start + 1, start >= barrier, instructions[start].opcode == .load,
            let kind = LoadKind(rawValue: instructions[start].small)
        else { return nil }
        return (kind, Int(instructions[start].operand))
    }

    /// Removes the instructions since `start`, which must have pushed `values` values.
    mutating func retract(to start: Int, values: Int) {
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
            // The machine is little-endian, so a narrower load at the same offset gives the truncated value.
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
            retract(to: end - 2, values: 2)
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

    /// Whether the last instruction pushed a constant.
    var endsWithConstant: Bool { instructions.last?.opcode == .constant && instructions.count > barrier }

    mutating func convertConstant(_ index: Int, to type: CType) {
        instructions[index].immediate = type.extended(instructions[index].immediate)
    }

    mutating func newLocal() throws(PrintFormatError) -> Int {
        guard locals < Self.maximumLocals else { throw PrintFormatError("more than \(Self.maximumLocals) variables") }
        locals += 1
        return locals - 1
    }
}
