/// Makes a program out of single instructions. Jumps name labels; their offsets are computed and checked at the end.
public struct BPFAssembler: Sendable {
    /// A location in the program.
    public struct Label: Sendable, Hashable {
        fileprivate let index: Int
    }

    private var instructions: [BPFInstruction] = []
    /// Index of the instruction that a label stands before; nil until it is placed.
    private var labels: [Int?] = []
    private var jumps: [(instruction: Int, target: Label)] = []

    /// An empty program.
    public init() {}

    // MARK: Labels

    /// A label that is still to be placed.
    public mutating func label() -> Label {
        labels.append(nil)
        return Label(index: labels.count - 1)
    }

    /// The label stands before the next instruction.
    public mutating func place(_ label: Label) { labels[label.index] = instructions.count }

    // MARK: Arithmetic and jumps

    /// `target = target OPERATION operand`, on 64 bits.
    public mutating func apply(_ operation: BPFArithmetic, _ target: BPFRegister, _ operand: BPFOperand) {
        append(BPFClass.arithmetic.rawValue | operation.rawValue, target, operand)
    }

    /// `target = operand`.
    public mutating func move(_ target: BPFRegister, _ operand: BPFOperand) { apply(.move, target, operand) }

    /// Any 64 bits; takes the room of two instructions.
    public mutating func load(_ target: BPFRegister, constant: UInt64) { load(target, constant, source: 0) }

    /// The address of a map, as helpers take it.
    public mutating func load(_ target: BPFRegister, map: BPFMap) {
        load(target, UInt64(UInt32(bitPattern: map.descriptor)), source: 1)
    }

    /// The address of a byte of the only value of an array.
    public mutating func load(_ target: BPFRegister, valueOf map: BPFMap, at offset: Int) {
        load(target, UInt64(offset) << 32 | UInt64(UInt32(bitPattern: map.descriptor)), source: 2)
    }

    private mutating func load(_ target: BPFRegister, _ bits: UInt64, source: UInt8) {
        instructions.append(
            BPFInstruction(0x18, target, source, immediate: Int32(truncatingIfNeeded: bits)))
        instructions.append(BPFInstruction(0, immediate: Int32(truncatingIfNeeded: bits >> 32)))
    }

    public mutating func jump(to target: Label) { jump(BPFClass.jump.rawValue, .r0, .immediate(0), target) }

    public mutating func jump(
        if register: BPFRegister, _ condition: BPFCondition, _ operand: BPFOperand, to target: Label
    ) { jump(BPFClass.jump.rawValue | condition.rawValue, register, operand, target) }

    private mutating func jump(_ opcode: UInt8, _ register: BPFRegister, _ operand: BPFOperand, _ target: Label) {
        jumps.append((instructions.count, target))
        append(opcode, register, operand)
    }

    public mutating func call(_ helper: BPFHelper) {
        instructions.append(BPFInstruction(BPFClass.jump.rawValue | 0x80, immediate: helper.rawValue))
    }

    public mutating func exit() { instructions.append(BPFInstruction(BPFClass.jump.rawValue | 0x90)) }

    private mutating func append(_ opcode: UInt8, _ target: BPFRegister, _ operand: BPFOperand) {
        switch operand {
        case .register(let source): instructions.append(BPFInstruction(opcode | 0x08, target, source.rawValue))
        case .immediate(let number): instructions.append(BPFInstruction(opcode, target, immediate: number))
        }
    }

    // MARK: Memory

    private static let memory: UInt8 = 0x60
    private static let atomic: UInt8 = 0xc0

    /// `target = *(base + offset)`, extended with zeros.
    public mutating func load(_ target: BPFRegister, _ size: BPFSize, _ base: BPFRegister, _ offset: Int16) {
        let opcode = BPFClass.loadRegister.rawValue | Self.memory | size.rawValue
        instructions.append(BPFInstruction(opcode, target, base.rawValue, offset: offset))
    }

    /// `*(base + offset) = operand`; an immediate is extended with its sign.
    public mutating func store(_ size: BPFSize, _ base: BPFRegister, _ offset: Int16, _ operand: BPFOperand) {
        switch operand {
        case .register(let source):
            let opcode = BPFClass.storeRegister.rawValue | Self.memory | size.rawValue
            instructions.append(BPFInstruction(opcode, base, source.rawValue, offset: offset))
        case .immediate(let number):
            let opcode = BPFClass.store.rawValue | Self.memory | size.rawValue
            instructions.append(BPFInstruction(opcode, base, offset: offset, immediate: number))
        }
    }

    /// `*(base + offset) += source`, 64 bits, at once for all CPUs.
    public mutating func addAtomically(_ base: BPFRegister, _ offset: Int16, _ source: BPFRegister) {
        let opcode = BPFClass.storeRegister.rawValue | Self.atomic | BPFSize.eight.rawValue
        instructions.append(BPFInstruction(opcode, base, source.rawValue, offset: offset))
    }

    /// `*(base + offset) = source` if that was r0, at once for all CPUs; r0 = what it was. 64 bits. Since Linux 5.12.
    public mutating func exchangeAtomically(_ base: BPFRegister, _ offset: Int16, _ source: BPFRegister) {
        let opcode = BPFClass.storeRegister.rawValue | Self.atomic | BPFSize.eight.rawValue
        // BPF_CMPXCHG
        instructions.append(BPFInstruction(opcode, base, source.rawValue, offset: offset, immediate: 0xf1))
    }

    // MARK: Result

    /// The program, its jumps resolved.
    ///
    /// - Throws: for a label without a place, and a jump over more than 32,767 instructions.
    public func assembled() throws(BPFError) -> [BPFInstruction] {
        var result = instructions
        for (index, target) in jumps {
            guard let place = labels[target.index], place < result.count else {
                throw BPFError.assembly("a jump has no target")
            }
            guard let offset = Int16(exactly: place - index - 1) else {
                throw BPFError.assembly("a jump over \(place - index - 1) instructions is too far")
            }
            result[index] = result[index].jumping(by: offset)
        }
        return result
    }
}
