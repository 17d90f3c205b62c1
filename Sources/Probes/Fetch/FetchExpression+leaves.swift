/// The innermost part of an expression: a variable, a register, an address or a literal.
extension FetchExpression {
    /// PARAM_MAX_STACK for the 16 KiB kernel stacks of x86-64 and arm64.
    private static let maximumStackIndex: UInt64 = 2048

    mutating func variable(_ word: ProbeText.Word, depth: Int) throws(ProbeSyntaxError) {
        let name = word.text.dropFirst()
        if name == "comm" || name == "COMM" {
            isText = true
            isMemory = true
            variable = "comm"
        } else if name.hasPrefix("retval") {
            try returnValue(word)
        } else if name == "stack" {
            variable = "stack"
        } else if name.hasPrefix("stack"), let index = Self.decimal(name.dropFirst(5)) {
            guard !site.kind.isKernel || index <= Self.maximumStackIndex else {
                throw text.error(
                    at: word.offset, "the kernel's stack has no entry \(index): at most \(Self.maximumStackIndex)",
                    "BAD_STACK_NUM")
            }
            variable = String(name)
        } else if name == "arg*" {
            throw text.error(at: word.offset, "$arg* must be alone: it defines its own names", "BAD_VAR_ARGS")
        } else if name.hasPrefix("arg"), let number = Self.decimal(name.dropFirst(3)) {
            guard number >= 1, number <= Self.maximumStackIndex else {
                throw text.error(at: word.offset, "arguments are counted from $arg1 on", "BAD_ARG_NUM")
            }
            if let reason = site.reasonAgainstArguments { throw text.error(at: word.offset, reason, "NOFENTRY_ARGS") }
            refer(to: .argument(Int(number)), word, depth: depth)
            variable = String(name)
        } else {
            throw text.error(
                at: word.offset, "no variable \"\(word.text)\": there are $arg1 …, $retval, $stack, $stack0 …, $comm",
                "BAD_VAR")
        }
    }

    private mutating func returnValue(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        guard site.kind.isReturn else {
            let form = site.kind.isKernel ? "r: or kretprobe:" : "uretprobe:"
            throw text.error(
                at: word.offset, "$retval is known only when a function returns: write \(form)", "RETVAL_ON_PROBE")
        }
        let path = word.dropping("$retval".utf8.count)
        if path.text.isEmpty {
            variable = "retval"
        } else {
            guard site.kind.isKernel, path.text.hasPrefix("-") || path.text.hasPrefix(".") else {
                throw text.error(at: word.offset, "no variable \"\(word.text)\": write $retval", "BAD_VAR")
            }
            try fields(path)
        }
        // The kernel knows from BTF whether it is a char *.
        isMemory = site.kind.isKernel
    }

    mutating func register(_ word: ProbeText.Word, depth: Int) throws(ProbeSyntaxError) {
        guard site.kind.hasRegisters else {
            throw text.error(
                at: word.offset, "the kernel keeps no registers for this kind of probe: use $argN, or kprobe:",
                "BAD_VAR")
        }
        let name = String(word.text.dropFirst())
        if let problem = ProbeArchitecture.problem(register: name) {
            throw text.error(at: word.offset, problem, "BAD_REG_NAME")
        }
        refer(to: .register(name), word, depth: depth)
    }

    mutating func memory(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        let target = word.text.dropFirst()
        operations += 1
        isMemory = true
        if target.hasPrefix("+") {
            guard !site.kind.isKernel else {
                throw text.error(
                    at: word.offset, "@+OFFSET is an offset in a probed file: in the kernel write @ADDRESS or @SYMBOL",
                    "FILE_ON_KPROBE")
            }
            guard KernelNumber.signed(target.dropFirst()) != nil else {
                throw text.error(
                    at: word.offset, "\"\(target)\" is not a valid file offset: write @+0x4010", "BAD_FILE_OFFS")
            }
        } else if let first = target.utf8.first, ProbeName.isDigit(first) {
            guard KernelNumber.unsigned(target) != nil else {
                throw text.error(at: word.offset, "\"\(target)\" is not an address", "BAD_MEM_ADDR")
            }
        } else {
            guard !site.kind.isKernel else {
                operations += 1
                return try symbol(word.dropping(1))
            }
            throw text.error(
                at: word.offset, "@SYMBOL is for the kernel's data: in a program write @+OFFSET, an offset in the file",
                "SYM_ON_UPROBE")
        }
    }

    /// `SYM[+|-OFFSET]`
    private func symbol(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        let sign = word.text.utf8.firstIndex { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        let name = word.text[..<(sign ?? word.text.endIndex)]
        let isNumbered = sign.map { KernelNumber.unsigned(word.text[$0...].dropFirst()) != nil } ?? true
        guard KernelSymbol.isName(name), isNumbered else {
            throw text.error(
                at: word.offset - 1, "\"@\(word.text)\" is not a location in memory: write @ADDRESS or @SYMBOL+OFFSET",
                "BAD_MEM_ADDR")
        }
    }

    mutating func immediate(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        let value = word.text.dropFirst()
        if value.hasPrefix("\"") {
            guard value.utf8.count > 1, value.hasSuffix("\"") else {
                throw text.error(
                    at: word.end, "the string is not closed with \" (and cannot hold spaces)", "IMMSTR_NO_CLOSE")
            }
            isText = true
            isMemory = true
        } else {
            let number = value.hasPrefix("+") ? value.dropFirst() : value
            guard KernelNumber.signed(number) != nil || KernelNumber.unsigned(number) != nil else {
                throw text.error(
                    at: word.offset + 1, "\"\(value)\" is not a valid number: write \\5, \\-1, \\0x10 or \\\"text\"",
                    "BAD_IMM")
            }
            isMemory = true
        }
    }

    private static func decimal(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy(ProbeName.isDigit) else { return nil }
        return UInt64(text) ?? .max
    }
}
