/// Reads a probe text: decides which form it has.
struct ProbeParser {
    let text: ProbeText

    init(_ text: ProbeText) { self.text = text }

    func parse() throws(ProbeSyntaxError) -> ProbeSpec {
        // There is a first word: an empty text was refused.
        let first = text.words[0]
        if let short = try ShortForm(first, in: text) { return try short.spec() }
        if let kernel = KernelForm(text) { return try kernel.spec() }
        throw unknown(first)
    }

    /// Says what was perhaps meant.
    private func unknown(_ word: ProbeText.Word) -> ProbeSyntaxError {
        let forms = "kprobe:, kretprobe:, uprobe:, uretprobe:, usdt:, or the kernel's p:, r:, f:, t:, e:"
        let head = word.position(of: ":").map { String(word.keeping($0).text) }
        let message: String
        switch head {
        case "-", "!":
            message = "a probe is removed by itself when its session ends"
        case "tracepoint", "rawtracepoint":
            message = "tracepoints have events of their own: choose them with -e, or write t:NAME TRACEPOINT"
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
            message = "\"\(word.text)\" alone is no probe: write kprobe:\(word.text), or kretprobe:\(word.text)"
        default:
            message = "unknown form of a probe: there are \(forms)"
        }
        return text.error(at: word.offset, message)
    }
}
