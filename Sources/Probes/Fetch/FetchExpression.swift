/// Checks the part of an argument between its name and its type: `+0(+8($arg2))`, `%di`, `@jiffies`, `\5`.
struct FetchExpression {
    /// The most steps of the kernel's interpreter for one fetch: FETCH_INSN_MAX without the end marker.
    static let maximumOperations = 15

    var references: [FetchArgument.Reference] = []
    /// Steps of the kernel's interpreter.
    var operations = 1
    /// Position of the inside of each `+0(…)` in the text of the probe, the outermost first.
    var levels: [Int] = []
    /// Whether the last step reads memory, so that a string or an array can be read.
    var isMemory = false
    /// Whether it is `$comm` or a literal string.
    var isText = false
    /// The name of the variable if the whole expression is one: `arg3`, `retval`, `comm`.
    var variable: String?

    let text: ProbeText
    let site: FetchSite
    /// Position of the expression in the text of the probe.
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
            throw text.error(at: rest.end - (closing - depth), "one ) too many", "BAD_FETCH_ARG")
        }
        try leaf(rest.keeping(rest.text.utf8.count - closing), depth: depth)
        operations += depth
        if depth > 0 {
            guard !isText else {
                throw text.error(at: rest.offset, "$comm and literal strings are not addresses", "COMM_CANT_DEREF")
            }
            isMemory = true
            variable = nil
        }
    }

    /// Removes `+OFFSET(` or `+uOFFSET(` and returns the rest.
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
                at: word.offset, "\"\(number.text)\" is not a valid offset: write a number of bytes, as in +8($arg1)",
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

    mutating func refer(to target: FetchArgument.Reference.Target, _ word: ProbeText.Word, depth: Int) {
        let begin = word.offset - start
        references.append(
            FetchArgument.Reference(
                target: target, range: begin..<(begin + word.text.utf8.count), isDereferenced: depth > 0))
    }
}
