/// Reads the arguments of a probe.
struct FetchParser {
    let text: ProbeText
    let site: FetchSite
    /// In short forms, `$arg3` without a name is called arg3. In the kernel's syntax the kernel numbers the arguments.
    let namesVariables: Bool

    /// Names of fields that every record has (reserved_field_names in kernel/trace/trace_probe.c).
    private static let reservedNames: Set<String> = [
        "common_type", "common_flags", "common_preempt_count", "common_pid", "common_tgid", "__probe_ip",
        "__probe_ret_ip", "__probe_func",
    ]

    func parse(_ words: ArraySlice<ProbeText.Word>) throws(ProbeSyntaxError) -> [FetchArgument] {
        var arguments: [FetchArgument] = []
        var used = Self.reservedNames
        var hasAll = false
        for (index, word) in words.enumerated() {
            guard index < ProbeSpec.maximumArguments else {
                throw text.error(
                    at: word.offset, "a probe has at most \(ProbeSpec.maximumArguments) arguments", "TOO_MANY_ARGS")
            }
            if word.text == "$arg*" {
                try checkAll(word, isFirst: !hasAll)
                hasAll = true
                arguments.append(
                    FetchArgument(name: nil, body: "$arg*", type: nil, references: [], offset: word.offset))
                continue
            }
            let argument = try argument(word)
            let name = argument.name ?? impliedName(argument, index: index)
            guard used.insert(name).inserted else {
                let why =
                    Self.reservedNames.contains(name) ? "every record has a field of that name" : "it is used twice"
                throw text.error(
                    at: word.offset, "the name \"\(name)\" cannot be given to an argument: \(why)", "USED_ARG_NAME")
            }
            arguments.append(argument)
        }
        return arguments
    }

    /// The name that the kernel gives to an argument without one (generate_probe_arg_name).
    private func impliedName(_ argument: FetchArgument, index: Int) -> String {
        ProbeName.isIdentifier(argument.body) ? argument.body : "arg\(index + 1)"
    }

    private func checkAll(_ word: ProbeText.Word, isFirst: Bool) throws(ProbeSyntaxError) {
        guard isFirst else { throw text.error(at: word.offset, "$arg* can be given once", "DOUBLE_ARGS") }
        guard site.kind.isKernel else {
            throw text.error(
                at: word.offset,
                site.kind == .usdt
                    ? "a usdt probe without arguments fetches all: leave $arg* out"
                    : "only the kernel's functions have a known list of arguments: write $arg1 $arg2 …", "NOSUP_BTFARG")
        }
        if let reason = site.reasonAgainstArguments { throw text.error(at: word.offset, reason, "NOFENTRY_ARGS") }
    }

    private func argument(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> FetchArgument {
        guard let equals = word.position(of: "=") else { return try body(word, name: nil) }
        let name = word.keeping(equals)
        guard equals > 0 else {
            throw text.error(at: word.offset, "an argument needs a name before =", "NO_ARG_NAME")
        }
        guard equals <= FetchArgument.maximumNameLength else {
            throw text.error(
                at: word.offset, "the name of an argument has at most \(FetchArgument.maximumNameLength) bytes",
                "ARG_NAME_TOO_LONG")
        }
        guard ProbeName.isIdentifier(name.text) else {
            throw text.error(
                at: word.offset,
                "\"\(name.text)\" is not a valid name: letters, digits and _, not beginning with a digit",
                "BAD_ARG_NAME")
        }
        return try body(word.dropping(equals + 1), name: String(name.text))
    }

    private func body(_ word: ProbeText.Word, name: String?) throws(ProbeSyntaxError) -> FetchArgument {
        let length = word.text.utf8.count
        guard length > 0 else {
            throw text.error(at: word.offset, "nothing to fetch after =: write for example $arg1", "NO_ARG_BODY")
        }
        guard length <= FetchArgument.maximumBodyLength else {
            throw text.error(
                at: word.offset,
                "\(length) bytes to say what is fetched: the kernel accepts \(FetchArgument.maximumBodyLength)",
                "ARG_TOO_LONG")
        }
        guard word.text != "$arg*" else {
            throw text.error(at: word.offset, "$arg* must be alone: it defines its own names", "BAD_VAR_ARGS")
        }
        let colon = word.position(of: ":")
        let fetched = colon.map { word.keeping($0) } ?? word
        let type = colon.map { word.dropping($0 + 1) }
        var parts: FetchType.Parts?
        if let type {
            do throws(FetchType.Problem) {
                parts = try FetchType.check(type.text, isKernel: site.kind.isKernel)
            } catch {
                throw text.error(at: type.offset + error.offset, error.message, error.kernelName)
            }
        }
        let expression = try FetchExpression(fetched, text: text, site: site)
        if let type, let parts { try check(expression, fetched, type, parts) }
        let modifiers = (parts?.isBitfield == true ? 1 : 0) + (parts?.isArray == true ? 1 : 0)
        let excess = expression.operations + modifiers - FetchExpression.maximumOperations
        guard excess <= 0 else {
            // The kernel puts its caret at the level that it does not reach, counted from the innermost.
            let level = min(excess, expression.levels.count)
            let position = level > 0 ? expression.levels[level - 1] : fetched.offset
            throw text.error(at: position, "more levels of +0(…) than the kernel follows", "TOO_MANY_OPS")
        }
        return FetchArgument(
            name: name ?? (namesVariables ? expression.variable : nil), body: String(fetched.text),
            type: type.map { String($0.text) }, references: expression.references, offset: fetched.offset)
    }

    /// Checks that the type is possible for the fetched value.
    private func check(
        _ expression: FetchExpression, _ fetched: ProbeText.Word, _ type: ProbeText.Word, _ parts: FetchType.Parts
    ) throws(ProbeSyntaxError) {
        if expression.isText, parts.base != "string" || parts.isArray {
            throw text.error(at: type.offset, "\(fetched.text) is a string: leave the type out", "NEED_STRING_TYPE")
        }
        if parts.isString, !expression.isMemory {
            throw text.error(
                at: type.offset, "a string is read from an address: write +0(\(fetched.text)):\(type.text)",
                "BAD_STRING")
        }
        if parts.isArray, !expression.isMemory {
            throw text.error(
                at: type.offset, "an array is read from an address: write +0(\(fetched.text)):\(type.text)",
                "BAD_STRING")
        }
    }
}
