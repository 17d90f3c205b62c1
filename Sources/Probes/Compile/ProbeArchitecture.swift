/// The supported processors, with their calling conventions and registers.
public enum ProbeArchitecture: String, Sendable, Hashable, CaseIterable {
    case x86_64
    case arm64

    /// The architecture of a node.
    ///
    /// - Parameter machine: the machine name of uname(2): `x86_64`, `aarch64`.
    public init?(machine: String) {
        switch machine {
        case "x86_64": self = .x86_64
        case "aarch64", "arm64": self = .arm64
        default: return nil
        }
    }

    /// The kernel's names of registers (regoffset_table in arch/*/kernel/ptrace.c).
    var registers: [String] {
        switch self {
        case .x86_64:
            ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"] + (8...15).map { "r\($0)" }
                + ["orig_ax", "cs", "ss", "flags"]
        case .arm64: (0...30).map { "x\($0)" } + ["lr", "sp", "pc", "pstate"]
        }
    }

    /// The registers that hold the first integer and pointer arguments of a function.
    var argumentRegisters: [String] {
        switch self {
        case .x86_64: ["di", "si", "dx", "cx", "r8", "r9"]
        case .arm64: (0...7).map { "x\($0)" }
        }
    }

    /// The fetch argument for a program's function argument `number` (from 1), at the function's entry.
    func entryArgument(_ number: Int) -> String {
        let registers = argumentRegisters
        if number <= registers.count { return "%" + registers[number - 1] }
        // On x86-64 the return address is on top of the stack, on arm64 in a register.
        let below = self == .x86_64 ? 1 : 0
        return "$stack\(number - registers.count - 1 + below)"
    }

    /// Why no architecture has a register with this name, with the name that may be meant. Nil if one has it.
    static func problem(register name: String) -> String? {
        if allCases.contains(where: { $0.registers.contains(name) }) { return nil }
        let x86 = Self.x86_64.registers
        var meant = name
        if meant.hasPrefix("r") || meant.hasPrefix("e"), x86.contains(String(meant.dropFirst())) {
            meant.removeFirst()
            return "the kernel calls this register %\(meant)"
        }
        return
            "no register \"%\(name)\": x86-64 has %di, %si, %dx, %cx, %r8 … %r15, %ax, %bx, %bp, %sp, %ip, "
            + "arm64 has %x0 … %x30, %sp, %pc"
    }
}
