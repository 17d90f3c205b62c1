/// Reads a probe text. It decides which form the text has.
struct ProbeParser {
    let text: ProbeText

    init(_ text: ProbeText) { self.text = text }

    func parse() throws(ProbeSyntaxError) -> ProbeSpec {
        // There is a first word, because an empty text was refused.
        let first = text.words[0]
        if let short = try ShortForm(first, in: text) { return try short.spec() }
        if let kernel = KernelForm(text) { return try kernel.spec() }
        throw unknown(first)
    }

    /// An error that says what the user may have meant.
    private func unknown(_ word: ProbeText.Word) -> ProbeSyntaxError {
        let forms = "kprobe:, kretprobe:, uprobe:, uretprobe:, usdt:, or the kernel's p:, r:, f:, t:, e:"
        let head = word.position(of: ":").map { String(word.keeping($0).text) }
        let message: String
        switch head {
        case "-", "!":
            message = "a probe is removed automatically when its session ends"
        case "tracepoint", "rawtracepoint":
            message = "tracepoints have their own events: select them with -e, or write t:NAME TRACEPOINT"
        case "fentry", "kfunc":
            message = "write f: for the entry of a kernel function"
        case "fexit", "kretfunc":
            message = "write f: FUNC%return for the return from a kernel function"
        case "k": message = "write kprobe:"
        case "kr": message = "write kretprobe:"
        case "u": message = "write uprobe:"
        case "ur": message = "write uretprobe:"
        case "U": message = "write usdt:"
        case nil where KernelSymbol.isName(word.text):
            message = "\"\(word.text)\" alone is not a probe: write kprobe:\(word.text), or kretprobe:\(word.text)"
        default:
            message = "unknown form of a probe: there are \(forms)"
        }
        return text.error(at: word.offset, message)
    }
}
