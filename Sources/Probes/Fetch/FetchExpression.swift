/// What stands between the name and the type of an argument, checked: `+0(+8($arg2))`, `%di`, `@jiffies`, `\5`.
struct FetchExpression {
    /// A fetch is at most this many steps of the kernel's interpreter: FETCH_INSN_MAX less the end mark.
    static let maximumOperations = 15
    /// PARAM_MAX_STACK for the 16 KiB kernel stacks of x86-64 and arm64.
    private static let maximumStackIndex: UInt64 = 2048

    private(set) var references: [FetchArgument.Reference] = []
    /// Steps of the kernel's interpreter.
    private(set) var operations = 1
    /// Where the inside of each `+0(…)` begins in the text of the probe, from the outermost on.
    private(set) var levels: [Int] = []
    /// The last step reads memory, so that a string or an array can be read.
    private(set) var isMemory = false
    /// `$comm` or a literal string.
    private(set) var isText = false
    /// The name of the variable if the whole is one: `arg3`, `retval`, `comm`.
    private(set) var variable: String?

    private let text: ProbeText
    private let site: FetchSite
    /// Where the expression begins in the text of the probe.
    private let start: Int

    init(_ word: ProbeText.Word, text: ProbeText, site: FetchSite) throws(ProbeSyntaxError) {
        self.text = text
        self.site = site
        self.start = word.offset
        var rest = word
        while rest.text.hasPrefix("+") || rest.text.hasPrefix("-") {
            rest = try dereference(rest)
            levels.append(rest.offset)
        }
        let depth = levels.count
        let closing = rest.text.utf8.reversed().prefix { $0 == UInt8(ascii: ")") }.count
        guard closing >= depth else {
            throw text.error(at: rest.end - closing, "a ( of +0(…) is not closed", "DEREF_OPEN_BRACE")
        }
        guard closing == depth else {
            throw text.error(at: rest.end - (closing - depth), "a ) too many", "BAD_FETCH_ARG")
        }
        try leaf(rest.keeping(rest.text.utf8.count - closing), depth: depth)
        operations += depth
        if depth > 0 {
            guard !isText else {
                throw text.error(at: rest.offset, "$comm and literal strings are no addresses", "COMM_CANT_DEREF")
            }
            isMemory = true
            variable = nil
        }
    }

    /// Takes `+OFFSET(` or `+uOFFSET(` off, and returns what follows.
    private func dereference(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> ProbeText.Word {
        guard let open = word.position(of: "(") else {
            throw text.error(
                at: word.offset, "an offset needs the address in brackets: \(word.text.prefix(1))8($arg1)",
                "DEREF_NEED_BRACE")
        }
        var number = word.keeping(open).dropping(1)
        if number.text.hasPrefix("u") { number = number.dropping(1) }
        guard let magnitude = KernelNumber.unsigned(number.text), magnitude <= UInt64(Int64.max) else {
            throw text.error(
                at: word.offset, "\"\(number.text)\" is no offset: write a number of bytes, as in +8($arg1)",
                "BAD_DEREF_OFFS")
        }
        return word.dropping(open + 1)
    }

    private mutating func leaf(_ word: ProbeText.Word, depth: Int) throws(ProbeSyntaxError) {
        switch word.text.first {
        case "$": try variable(word, depth: depth)
        case "%": try register(word, depth: depth)
        case "@": try memory(word)
        case "\\": try immediate(word)
        case let first? where first.asciiValue.map(ProbeName.isIdentifierStart) == true: try name(word)
        default:
            throw text.error(
                at: word.offset,
                word.text.isEmpty
                    ? "nothing to fetch between the brackets"
                    : "cannot fetch \"\(word.text)\": write $argN, $retval, $stackN, $comm, %register, @address, "
                        + "+offset(…) or \\number",
                "BAD_FETCH_ARG")
        }
    }

    private mutating func variable(_ word: ProbeText.Word, depth: Int) throws(ProbeSyntaxError) {
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
            throw text.error(at: word.offset, "$arg* stands alone: it brings its own names", "BAD_VAR_ARGS")
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

    private mutating func register(_ word: ProbeText.Word, depth: Int) throws(ProbeSyntaxError) {
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

    private mutating func memory(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        let target = word.text.dropFirst()
        operations += 1
        isMemory = true
        if target.hasPrefix("+") {
            guard !site.kind.isKernel else {
                throw text.error(
                    at: word.offset, "@+OFFSET is a place in a probed file: in the kernel write @ADDRESS or @SYMBOL",
                    "FILE_ON_KPROBE")
            }
            guard KernelNumber.signed(target.dropFirst()) != nil else {
                throw text.error(at: word.offset, "\"\(target)\" is no file offset: write @+0x4010", "BAD_FILE_OFFS")
            }
        } else if let first = target.utf8.first, ProbeName.isDigit(first) {
            guard KernelNumber.unsigned(target) != nil else {
                throw text.error(at: word.offset, "\"\(target)\" is no address", "BAD_MEM_ADDR")
            }
        } else {
            guard !site.kind.isKernel else {
                operations += 1
                return try symbol(word.dropping(1))
            }
            throw text.error(
                at: word.offset, "@SYMBOL is for the kernel's data: in a program write @+OFFSET, a place in the file",
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
                at: word.offset - 1, "\"@\(word.text)\" is no place in memory: write @ADDRESS or @SYMBOL+OFFSET",
                "BAD_MEM_ADDR")
        }
    }

    private mutating func immediate(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
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
                    at: word.offset + 1, "\"\(value)\" is no number: write \\5, \\-1, \\0x10 or \\\"text\"", "BAD_IMM")
            }
            isMemory = true
        }
    }

    /// The name of an argument, which the kernel looks up in BTF: `file->f_path.dentry`.
    private mutating func name(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        if let reason = site.reasonAgainstNames { throw text.error(at: word.offset, reason, "NOSUP_BTFARG") }
        let end = word.text.utf8.firstIndex { !ProbeName.isIdentifierByte($0) } ?? word.text.endIndex
        let length = word.text.utf8.distance(from: word.text.startIndex, to: end)
        let path = word.dropping(length)
        guard !path.text.hasPrefix(".") else {
            throw text.error(at: path.offset, "an argument is no structure: write ->", "NOSUP_DAT_ARG")
        }
        try fields(path)
        // Whether it is a char * only the kernel knows.
        isMemory = true
    }

    /// `->field.field->field`
    private func fields(_ path: ProbeText.Word) throws(ProbeSyntaxError) {
        var rest = path
        while !rest.text.isEmpty {
            if rest.text.hasPrefix("->") {
                rest = rest.dropping(2)
            } else if rest.text.hasPrefix(".") {
                rest = rest.dropping(1)
            } else if rest.text.hasPrefix("-") {
                throw text.error(at: rest.offset, "a - without >: fields of pointers are written ->", "BAD_HYPHEN")
            } else {
                throw text.error(
                    at: rest.offset, "\"\(rest.text)\" is no field: write ->FIELD or .FIELD", "BAD_FETCH_ARG")
            }
            let end = rest.text.utf8.firstIndex { !ProbeName.isIdentifierByte($0) } ?? rest.text.endIndex
            let length = rest.text.utf8.distance(from: rest.text.startIndex, to: end)
            guard ProbeName.isIdentifier(rest.text[..<end]) else {
                throw text.error(at: rest.offset, "the name of a field is missing", "NO_BTF_FIELD")
            }
            rest = rest.dropping(length)
        }
    }

    private mutating func refer(to target: FetchArgument.Reference.Target, _ word: ProbeText.Word, depth: Int) {
        let begin = word.offset - start
        references.append(
            FetchArgument.Reference(
                target: target, range: begin..<(begin + word.text.utf8.count), isDereferenced: depth > 0))
    }

    private static func decimal(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy(ProbeName.isDigit) else { return nil }
        return UInt64(text) ?? .max
    }
}
