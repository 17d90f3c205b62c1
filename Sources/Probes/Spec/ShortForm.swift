/// `[NAME=]kprobe:[MODULE:]FUNC[+OFFSET]`, `uprobe:PATH:SYMBOL`, `usdt:PATH:PROVIDER:NAME` and similar forms.
struct ShortForm {
    private let text: ProbeText
    private let kind: ProbeKind
    private let name: String?
    /// The form with its target, but without the name.
    private let written: ProbeText.Word
    /// The part after the form's colon.
    private let target: ProbeText.Word

    /// Nil if the word does not start like a short form.
    init?(_ word: ProbeText.Word, in text: ProbeText) throws(ProbeSyntaxError) {
        guard let (kind, start) = Self.find(in: word) else { return nil }
        self.text = text
        self.kind = kind
        self.written = word.dropping(start)
        self.target = written.dropping(kind.rawValue.utf8.count + 1)
        guard start > 0 else {
            self.name = nil
            return
        }
        let name = word.keeping(start - 1)
        try text.checkEventName(name)
        self.name = String(name.text)
    }

    private static func find(in word: ProbeText.Word) -> (ProbeKind, Int)? {
        // The event's name precedes a `=` that is before the first colon.
        var start = 0
        if let equals = word.position(of: "="), equals < word.position(of: ":") ?? 0 { start = equals + 1 }
        let rest = word.dropping(start).text
        for kind in [ProbeKind.kprobe, .kretprobe, .uprobe, .uretprobe, .usdt]
        where rest.hasPrefix(kind.rawValue + ":") {
            return (kind, start)
        }
        return nil
    }

    func spec() throws(ProbeSyntaxError) -> ProbeSpec {
        let location = try kind.isKernel ? text.functionLocation(target, kind: kind, takesNumber: true) : fileLocation()
        let parser = FetchParser(text: text, site: FetchSite(kind: kind, location: location), namesVariables: true)
        return ProbeSpec(
            text: text.text, kind: kind, location: location, name: name, arguments: try parser.parse(text.words[1...]),
            form: .short(String(written.text)))
    }

    private func fileLocation() throws(ProbeSyntaxError) -> ProbeLocation {
        let form = kind == .usdt ? "usdt:/PATH:PROVIDER:NAME" : "\(kind.rawValue):/PATH:SYMBOL"
        guard let colon = target.lastPosition(of: ":") else {
            throw text.error(at: target.end, "write \(form)")
        }
        let last = target.dropping(colon + 1)
        let front = target.keeping(colon)
        if kind == .usdt {
            guard let middle = front.lastPosition(of: ":") else { throw text.error(at: target.end, "write \(form)") }
            let provider = front.dropping(middle + 1)
            for part in [provider, last] {
                guard !part.text.isEmpty else { throw text.error(at: part.offset, "write \(form)") }
            }
            let path = try text.path(front.keeping(middle))
            return .marker(path: path, provider: String(provider.text), name: String(last.text))
        }
        let path = try text.path(front)
        guard let byte = last.text.utf8.first else {
            throw text.error(at: last.offset, "the symbol is missing: write \(form)")
        }
        if ProbeName.isDigit(byte) {
            guard let offset = KernelNumber.unsigned(last.text) else {
                throw text.error(at: last.offset, "\"\(last.text)\" is not a valid offset in a file", "BAD_UPROBE_OFFS")
            }
            return .fileOffset(path: path, offset: offset, referenceCounter: 0)
        }
        let (symbol, offset) = try text.symbolAndOffset(last, kind: kind)
        return .fileSymbol(path: path, symbol: String(symbol.text), offset: offset)
    }
}
