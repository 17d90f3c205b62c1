import Probes

/// Where the program of a probe finds registers: it gets `struct pt_regs` (arch/x86/include/asm/ptrace.h), on arm64
/// `struct user_pt_regs` (arch/arm64/include/uapi/asm/ptrace.h).
struct RegisterLayout {
    /// Bytes from the beginning, by the kernel's names.
    let offsets: [String: Int16]
    /// Those that hold the first arguments of a function.
    let arguments: [String]
    /// How many words lie on the stack before the arguments that have no register; nil where the kernel does not fetch
    /// those.
    let wordsBeforeArguments: Int?
    let result: String

    static let stackPointer = "sp"

    /// Of this machine.
    static var current: RegisterLayout {
        #if arch(x86_64)
            let names = [
                "r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di",
                "orig_ax", "ip", "cs", "flags", "sp", "ss",
            ]
            return RegisterLayout(
                names, arguments: ["di", "si", "dx", "cx", "r8", "r9"], wordsBeforeArguments: 1, result: "ax")
        #else
            let names = (0...30).map { "x\($0)" } + ["sp", "pc", "pstate"]
            return RegisterLayout(names, arguments: (0...7).map { "x\($0)" }, wordsBeforeArguments: nil, result: "x0")
        #endif
    }

    private init(_ names: [String], arguments: [String], wordsBeforeArguments: Int?, result: String) {
        var offsets: [String: Int16] = [:]
        for (index, name) in names.enumerated() { offsets[name] = Int16(8 * index) }
        if let link = offsets["x30"] { offsets["lr"] = link }
        (self.offsets, self.arguments, self.wordsBeforeArguments, self.result) =
            (offsets, arguments, wordsBeforeArguments, result)
    }

    /// What it comes to: a register, or a word of the stack.
    ///
    /// - Parameter isReturn: the probe is at a function's end.
    func resolved(_ source: FetchSteps.Source, isReturn: Bool) throws(KernelDeclined) -> FetchSteps.Source {
        switch source {
        case .argument(let number):
            guard !isReturn else { throw KernelDeclined("at a return a program does not get the arguments") }
            if number <= arguments.count { return .register(arguments[number - 1]) }
            guard let wordsBeforeArguments else { throw KernelDeclined("$arg\(number) is in no register") }
            return .stack(number - arguments.count - 1 + wordsBeforeArguments)
        case .returnValue: return .register(result)
        case .stackPointer: return .register(Self.stackPointer)
        case .register(let name):
            guard offsets[name] != nil else { throw KernelDeclined("a program does not get the register %\(name)") }
            return source
        case .stack, .constant, .taskName: return source
        }
    }
}
