/// One instruction, as the kernel reads it: 64 bits (Documentation/bpf/standardization/instruction-set.rst, "Instruction
/// encoding").
public struct BPFInstruction: Sendable, Equatable {
    /// Class, operation and source.
    public let opcode: UInt8
    /// Destination in the low half on a little-endian machine, source in the high one.
    public let registers: UInt8
    /// Of a jump, in instructions after the next one; of an access to memory, in bytes.
    public let offset: Int16
    /// A number of the instruction's own.
    public let immediate: Int32

    init(
        _ opcode: UInt8, _ destination: BPFRegister = .r0, _ source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
    ) {
        self.opcode = opcode
        #if _endian(little)
            registers = source << 4 | destination.rawValue
        #else
            registers = destination.rawValue << 4 | source
        #endif
        self.offset = offset
        self.immediate = immediate
    }

    func jumping(by offset: Int16) -> BPFInstruction {
        BPFInstruction(copying: self, offset: offset)
    }

    private init(copying other: BPFInstruction, offset: Int16) {
        (opcode, registers, immediate) = (other.opcode, other.registers, other.immediate)
        self.offset = offset
    }
}

/// The classes, the three low bits of an opcode.
enum BPFClass: UInt8 {
    case load = 0, loadRegister = 1, store = 2, storeRegister = 3, jump = 5, arithmetic = 7
}

/// Operations on 64 bits.
public enum BPFArithmetic: UInt8, Sendable {
    case add = 0x00, subtract = 0x10, multiply = 0x20, or = 0x40, and = 0x50, shiftLeft = 0x60, shiftRight = 0x70
    case xor = 0xa0, move = 0xb0
    /// With copies of the sign.
    case shiftRightSigned = 0xc0
}

/// Conditions of a jump, on 64 bits. An immediate is extended with its sign.
public enum BPFCondition: UInt8, Sendable {
    case equal = 0x10, greater = 0x20, greaterEqual = 0x30
    /// Some bit is set in both.
    case hasBits = 0x40
    case notEqual = 0x50, signedGreater = 0x60, signedGreaterEqual = 0x70
    case less = 0xa0, lessEqual = 0xb0, signedLess = 0xc0, signedLessEqual = 0xd0
}

/// How many bytes an access to memory has.
public enum BPFSize: UInt8, Sendable {
    case four = 0x00, two = 0x08, one = 0x10, eight = 0x18

    /// Nil for any other number.
    public init?(bytes: Int) {
        switch bytes {
        case 1: self = .one
        case 2: self = .two
        case 4: self = .four
        case 8: self = .eight
        default: return nil
        }
    }
}

/// The second operand.
public enum BPFOperand: Sendable {
    case register(BPFRegister)
    case immediate(Int32)
}

/// Functions of the kernel, by their numbers (include/uapi/linux/bpf.h, `__BPF_FUNC_MAPPER`).
public enum BPFHelper: Int32, Sendable {
    case lookUpElement = 1, updateElement = 2, deleteElement = 3
    /// CLOCK_MONOTONIC, ns.
    case monotonicTime = 5
    case currentCPU = 8
    /// Process in the high half, thread in the low one; in the first pid namespace.
    case currentTask = 14
    /// The current task's name, padded with NULs.
    case currentName = 16
    /// The return addresses of the kernel, or with `BPFStack.isUser` of the program, the innermost first, as many as there
    /// is room for; zeros behind them, and in place of a stack that cannot be read. Since Linux 4.18.
    case stack = 67
    /// Number of the current task's cgroup of version 2. Since Linux 4.18.
    case currentCgroup = 80
    case push = 87, pop = 88
    /// Memory of the current program, or of the kernel, without page faults; where it cannot be read, the target is
    /// cleared. Since Linux 5.5.
    case readProgram = 112, readKernel = 113
    /// A text up to its NUL; what follows in the target stays as it was. Since Linux 5.5.
    case readProgramText = 114, readKernelText = 115
}
