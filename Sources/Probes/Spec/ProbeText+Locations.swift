/// Parsers for parts of locations that several forms share.
extension ProbeText {
    /// A name for an event.
    func checkEventName(_ word: Word) throws(ProbeSyntaxError) {
        guard !word.text.isEmpty else {
            throw error(at: word.offset, "the name of the event is missing", "NO_EVENT_NAME")
        }
        guard word.text.utf8.count <= ProbeName.maximumLength else {
            throw error(
                at: word.offset, "the name of an event has at most \(ProbeName.maximumLength) bytes", "EVENT_TOO_LONG")
        }
        guard ProbeName.isIdentifier(word.text) else {
            throw error(
                at: word.offset,
                "\"\(word.text)\" is not a valid name: letters, digits and _, not beginning with a digit",
                "BAD_EVENT_NAME")
        }
    }

    /// A file: the path on the nodes.
    func path(_ word: Word) throws(ProbeSyntaxError) -> String {
        guard !word.text.isEmpty else { throw error(at: word.offset, "the path is missing") }
        guard word.text.hasPrefix("/") else {
            throw error(
                at: word.offset,
                "\"\(word.text)\" is not an absolute path: write the path on the nodes, starting with /")
        }
        return String(word.text)
    }

    /// `SYMBOL[+OFFSET]`
    func symbolAndOffset(_ word: Word, kind: ProbeKind) throws(ProbeSyntaxError) -> (symbol: Word, offset: UInt64) {
        guard let plus = word.lastPosition(of: "+"), plus > 0 else { return (word, 0) }
        let number = word.dropping(plus + 1)
        guard let offset = KernelNumber.unsigned(number.text) else {
            throw error(
                at: word.offset, "\"\(number.text)\" is not a valid offset: write \(word.keeping(plus).text)+16",
                "BAD_PROBE_ADDR")
        }
        guard offset == 0 || !kind.isReturn else {
            throw error(
                at: word.offset, "a return probe is planted at the entry of a function: leave out +\(number.text)",
                "BAD_RETPROBE")
        }
        return (word.keeping(plus), offset)
    }

    /// `[MODULE:]FUNC[+OFFSET]`, and without a module `FUNC#NUMBER[+OFFSET]`.
    ///
    /// - Parameter takesNumber: the form is our own. The kernel knows no such numbers.
    func functionLocation(
        _ word: Word, kind: ProbeKind, takesNumber: Bool = false
    ) throws(ProbeSyntaxError) -> ProbeLocation {
        var target = word
        var module: String?
        if let colon = word.position(of: ":") {
            let name = word.keeping(colon)
            guard !name.text.isEmpty,
                name.text.utf8.allSatisfy({ ProbeName.isIdentifierByte($0) || $0 == UInt8(ascii: "-") })
            else { throw error(at: name.offset, "\"\(name.text)\" is not a valid name of a module", "BAD_PROBE_ADDR") }
            module = String(name.text)
            target = word.dropping(colon + 1)
        }
        guard !target.text.isEmpty else {
            throw error(at: target.offset, "the function is missing: write \(kind.rawValue):FUNC", "BAD_PROBE_ADDR")
        }
        let (symbol, offset) = try symbolAndOffset(target, kind: kind)
        let isNumbered = takesNumber && NumberedFunction(symbol.text) != nil
        if isNumbered, module != nil {
            throw error(
                at: symbol.offset, "functions of modules have no numbers: leave the module out", "BAD_PROBE_ADDR")
        }
        guard isNumbered || KernelSymbol.isName(symbol.text) else {
            let isPattern = symbol.text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
            throw error(
                at: symbol.offset,
                isPattern
                    ? "a probe is planted in one function: patterns are not supported"
                    : "\"\(symbol.text)\" is not a valid name of a kernel function", "BAD_PROBE_ADDR")
        }
        guard offset <= UInt64(UInt32.max) else {
            throw error(at: target.offset, "the offset is too large", "BAD_PROBE_ADDR")
        }
        return .function(module: module, symbol: String(symbol.text), offset: offset)
    }
}
