/// An argument of a marker, `-4@%edi`: its size and sign, and its location in assembler syntax.
struct MarkerArgument: Sendable, Hashable {
    /// Size in bytes: 1, 2, 4 or 8.
    let size: Int
    let isSigned: Bool
    let isFloatingPoint: Bool
    /// `%edi`, `-16(%rbp)`, `$5`, `x0`, `[sp, 16]`.
    let operand: String
    /// The text in the file.
    let text: String

    /// Splits the text of a note. On arm64, operands contain spaces, so an argument starts where a size and @ follow.
    static func list(_ text: String) -> [MarkerArgument] {
        var parts: [String] = []
        for word in text.split(separator: " ") {
            if parse(String(word)) == nil, let last = parts.popLast() {
                parts.append(last + " " + word)
            } else {
                parts.append(String(word))
            }
        }
        return parts.map { part in
            parse(part) ?? MarkerArgument(size: 8, isSigned: false, isFloatingPoint: true, operand: part, text: part)
        }
    }

    private static func parse(_ text: String) -> MarkerArgument? {
        guard let at = text.firstIndex(of: "@") else { return nil }
        var number = text[..<at]
        let isFloatingPoint = number.hasSuffix("f")
        if isFloatingPoint { number = number.dropLast() }
        let isSigned = number.hasPrefix("-")
        guard let size = Int(isSigned ? number.dropFirst() : number), [1, 2, 4, 8].contains(size) else { return nil }
        return MarkerArgument(
            size: size, isSigned: isSigned, isFloatingPoint: isFloatingPoint,
            operand: String(text[text.index(after: at)...]), text: text)
    }

    /// The kernel's type for the argument.
    var type: String { (isSigned ? "s" : "u") + String(size * 8) }
}

/// The fetch argument for an argument of a marker.
struct MarkerFetch: Sendable, Hashable {
    /// `%di`, `-16(%bp)`, `\5`, `@+0x4010`
    let body: String
    /// Whether it is read from memory, so that only as many bytes as its size belong to it.
    let isMemory: Bool
}

extension MarkerArgument {
    /// Translates the operand. Nil if the kernel cannot fetch it.
    ///
    /// - Parameter data: gives the number after `@+` for a variable of the file.
    func fetch(_ architecture: ProbeArchitecture, data: (String) -> Int64?) -> MarkerFetch? {
        guard !isFloatingPoint else { return nil }
        switch architecture {
        case .x86_64: return intel(data: data)
        case .arm64: return arm()
        }
    }

    /// AT&T syntax.
    private func intel(data: (String) -> Int64?) -> MarkerFetch? {
        if operand.hasPrefix("$") { return constant(operand.dropFirst()) }
        if operand.hasPrefix("%") {
            return Self.intelRegister(operand.dropFirst()).map { MarkerFetch(body: "%" + $0, isMemory: false) }
        }
        guard operand.hasSuffix(")"), let open = operand.firstIndex(of: "(") else { return nil }
        let displacement = operand[..<open]
        // With an index (%rax,%rcx,8) the kernel would have to add two registers.
        let base = operand[operand.index(after: open)...].dropLast()
        guard base.hasPrefix("%") else { return nil }
        if base == "%rip" {
            return data(String(displacement)).map { MarkerFetch(body: "@+\($0)", isMemory: true) }
        }
        // An address is a whole register: rax or r10, not eax or r10d.
        let name = base.dropFirst()
        guard let register = Self.intelRegister(name), name == register || name == "r" + register else { return nil }
        return memory(displacement.isEmpty ? 0 : KernelNumber.signed(displacement), register)
    }

    private func arm() -> MarkerFetch? {
        if operand.hasPrefix("["), operand.hasSuffix("]") {
            let parts = operand.dropFirst().dropLast().split(separator: ",").map {
                $0.filter { $0 != " " && $0 != "#" }
            }
            guard let base = parts.first, let register = Self.armRegister(base[...]), !base.hasPrefix("w"),
                parts.count <= 2
            else { return nil }
            return memory(parts.count == 1 ? 0 : KernelNumber.signed(parts[1]), register)
        }
        if let register = Self.armRegister(operand[...]) { return MarkerFetch(body: "%" + register, isMemory: false) }
        return constant(operand[...])
    }

    private func constant(_ text: Substring) -> MarkerFetch? {
        KernelNumber.signed(text).map { MarkerFetch(body: "\\\($0)", isMemory: false) }
    }

    private func memory(_ displacement: Int64?, _ register: String) -> MarkerFetch? {
        displacement.map { MarkerFetch(body: ($0 < 0 ? "\($0)" : "+\($0)") + "(%\(register))", isMemory: true) }
    }

    /// `rax`, `eax`, `ax` and `al` are low parts of the kernel's `ax`. The kernel cannot fetch `ah`.
    private static func intelRegister(_ name: Substring) -> String? {
        let known = ProbeArchitecture.x86_64.registers
        for base in ["ax", "bx", "cx", "dx"]
        where ["r" + base, "e" + base, base, "\(base.prefix(1))l"].contains(String(name)) {
            return base
        }
        for base in ["si", "di", "bp", "sp"] where ["r" + base, "e" + base, base, base + "l"].contains(String(name)) {
            return base
        }
        guard name.hasPrefix("r"), name.dropFirst().first?.isNumber == true else { return nil }
        let number = name.last.map { "dwb".contains($0) } == true ? name.dropLast() : name
        return known.contains(String(number)) ? String(number) : nil
    }

    private static func armRegister(_ name: Substring) -> String? {
        if name == "sp" { return "sp" }
        guard name.hasPrefix("x") || name.hasPrefix("w"), let number = Int(name.dropFirst()), (0...30).contains(number)
        else { return nil }
        return "x\(number)"
    }
}
