/// The kernel's syntax: `p[:[GRP/]NAME] LOCATION [ARGS]` and similar forms (Documentation/trace/kprobetrace.rst,
/// uprobetracer.rst, fprobetrace.rst, eprobetrace.rst).
struct KernelForm {
    private let text: ProbeText
    /// `p`, `r`, `f`, `t` or `e`.
    private let letter: Character
    /// Digits after the letter.
    private let maximumActive: ProbeText.Word
    /// The part after the colon, or nil without a colon.
    private let name: ProbeText.Word?

    /// KRETPROBE_MAXACTIVE_MAX, RETHOOK_MAXACTIVE_MAX
    private static let largestMaximumActive: UInt64 = 4096

    /// Nil if the first word does not start like this form.
    init?(_ text: ProbeText) {
        let first = text.words[0]
        guard let letter = first.text.first, "prfte".contains(letter) else { return nil }
        let rest = first.dropping(1)
        let colon = rest.position(of: ":")
        let number = colon.map { rest.keeping($0) } ?? rest
        guard number.text.isEmpty || number.text.utf8.first.map(ProbeName.isDigit) == true else { return nil }
        self.text = text
        self.letter = letter
        self.maximumActive = number
        self.name = colon.map { rest.dropping($0 + 1) }
    }

    func spec() throws(ProbeSyntaxError) -> ProbeSpec {
        // A name never starts with a digit: p:0xffffffff81000000 is an address.
        if let name, "pr".contains(letter), name.text.utf8.first.map(ProbeName.isDigit) == true {
            guard KernelNumber.unsigned(name.text) != nil else {
                throw text.error(
                    at: name.offset, "\"\(name.text)\" is neither a name nor an address", "BAD_EVENT_NAME")
            }
            return try spec(group: nil, name: nil, location: name, arguments: text.words[1...])
        }
        let (group, event) = try names()
        guard text.words.count > 1 else {
            throw text.error(at: text.text.utf8.count, "nothing to probe: write \(example)", "BAD_PROBE_ADDR")
        }
        return try spec(group: group, name: event, location: text.words[1], arguments: text.words[2...])
    }

    private var example: String {
        switch letter {
        case "t": "t:NAME TRACEPOINT"
        case "e": "e:NAME SYSTEM.EVENT"
        default: "\(letter):NAME FUNC, or \(letter):NAME /PATH:OFFSET"
        }
    }

    /// `[GRP/]NAME`, also `GRP.NAME` and `GRP/`.
    private func names() throws(ProbeSyntaxError) -> (group: String?, event: String?) {
        guard let name else { return (nil, nil) }
        guard let slash = name.position(of: "/") ?? name.position(of: ".") else {
            try text.checkEventName(name)
            return (nil, String(name.text))
        }
        let group = name.keeping(slash)
        guard slash > 0 else {
            throw text.error(at: group.offset, "the name of the group is missing before /", "NO_GROUP_NAME")
        }
        guard slash <= ProbeName.maximumLength else {
            throw text.error(
                at: group.offset, "the name of a group has at most \(ProbeName.maximumLength) bytes", "GROUP_TOO_LONG")
        }
        guard ProbeName.isIdentifier(group.text) else {
            throw text.error(
                at: group.offset,
                "\"\(group.text)\" is not a valid name: letters, digits and _, not beginning with a digit",
                "BAD_GROUP_NAME")
        }
        let event = name.dropping(slash + 1)
        if event.text.isEmpty { return (String(group.text), nil) }
        try text.checkEventName(event)
        return (String(group.text), String(event.text))
    }

    private func spec(
        group: String?, name: String?, location word: ProbeText.Word, arguments: ArraySlice<ProbeText.Word>
    ) throws(ProbeSyntaxError) -> ProbeSpec {
        if letter == "e" { return try eventProbe(group: group, name: name, event: word) }
        let (kind, location) = try placed(word, arguments: arguments)
        try checkMaximumActive(kind)
        let parser = FetchParser(text: text, site: FetchSite(kind: kind, location: location), namesVariables: false)
        return ProbeSpec(
            text: text.text, kind: kind, location: location, group: group, name: name,
            arguments: try parser.parse(arguments),
            form: .kernel(head: "\(letter)\(maximumActive.text)", location: String(word.text)))
    }

    private func checkMaximumActive(_ kind: ProbeKind) throws(ProbeSyntaxError) {
        guard !maximumActive.text.isEmpty else { return }
        guard kind == .kretprobe && letter == "r" || kind == .fprobeReturn else {
            throw text.error(
                at: maximumActive.offset,
                "a number of instances is for returns from kernel functions: write \(letter):", "BAD_MAXACT_TYPE")
        }
        guard let number = KernelNumber.unsigned(maximumActive.text), number > 0 else {
            throw text.error(
                at: maximumActive.offset,
                "\"\(maximumActive.text)\" is not a valid number of instances: write r16:NAME FUNC",
                "BAD_MAXACT")
        }
        guard number <= Self.largestMaximumActive else {
            throw text.error(
                at: maximumActive.offset, "at most \(Self.largestMaximumActive) instances", "MAXACT_TOO_BIG")
        }
    }

    private func placed(
        _ word: ProbeText.Word, arguments: ArraySlice<ProbeText.Word>
    ) throws(ProbeSyntaxError) -> (ProbeKind, ProbeLocation) {
        if letter == "t" { return (.tracepoint, try tracepoint(word)) }
        if letter == "f" {
            let (target, isReturn) = try withoutReturn(word)
            let fetchesReturn = arguments.contains { $0.text.contains("$retval") }
            let kind: ProbeKind = isReturn || fetchesReturn ? .fprobeReturn : .fprobe
            let location = try text.functionLocation(target, kind: kind)
            guard location.isFunctionEntry else {
                throw text.error(
                    at: word.offset, "f: probes the entry of a function: use p: for offsets", "BAD_PROBE_ADDR")
            }
            return (kind, location)
        }
        if let address = KernelNumber.unsigned(word.text) {
            return (letter == "r" ? .kretprobe : .kprobe, .address(address))
        }
        if word.position(of: "/") != nil { return try fileLocation(word) }
        let (target, isReturn) = try withoutReturn(word)
        let kind: ProbeKind = isReturn || letter == "r" ? .kretprobe : .kprobe
        return (kind, try text.functionLocation(target, kind: kind))
    }

    private func tracepoint(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> ProbeLocation {
        guard word.text.utf8.allSatisfy(ProbeName.isIdentifierByte) else {
            let bad = word.text.utf8.firstIndex { !ProbeName.isIdentifierByte($0) } ?? word.text.startIndex
            throw text.error(
                at: word.offset + word.text.utf8.distance(from: word.text.startIndex, to: bad),
                "\"\(word.text)\" is not a valid name of a tracepoint: write it without its system, as in t: sched_switch",
                "BAD_TP_NAME")
        }
        return .tracepoint(String(word.text))
    }

    /// Removes `%return`.
    private func withoutReturn(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> (ProbeText.Word, Bool) {
        guard let percent = word.position(of: "%") else { return (word, false) }
        guard word.dropping(percent).text == "%return" else {
            throw text.error(at: word.offset + percent, "only %return may follow", "BAD_ADDR_SUFFIX")
        }
        return (word.keeping(percent), true)
    }

    /// `PATH:OFFSET[%return][(COUNTER)]`
    private func fileLocation(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> (ProbeKind, ProbeLocation) {
        guard let colon = word.lastPosition(of: ":") else {
            throw text.error(
                at: word.end, "a file needs an offset: write \(word.text):0x1234, or uprobe:\(word.text):SYMBOL")
        }
        let path = try text.path(word.keeping(colon))
        var rest = word.dropping(colon + 1)
        guard let first = rest.text.utf8.first, ProbeName.isDigit(first) else {
            let short = letter == "r" ? "uretprobe" : "uprobe"
            throw text.error(
                at: rest.offset, "p: and r: need the offset in the file; for a symbol write \(short):\(word.text)",
                "BAD_UPROBE_OFFS")
        }
        var counter: UInt64 = 0
        if let open = rest.position(of: "(") {
            counter = try referenceCounter(rest.dropping(open + 1))
            rest = rest.keeping(open)
        }
        let (number, isReturn) = try withoutReturn(rest)
        guard let offset = KernelNumber.unsigned(number.text) else {
            throw text.error(at: number.offset, "\"\(number.text)\" is not a valid offset in a file", "BAD_UPROBE_OFFS")
        }
        let kind: ProbeKind = isReturn || letter == "r" ? .uretprobe : .uprobe
        return (kind, .fileOffset(path: path, offset: offset, referenceCounter: counter))
    }

    /// `COUNTER)`
    private func referenceCounter(_ word: ProbeText.Word) throws(ProbeSyntaxError) -> UInt64 {
        guard let close = word.position(of: ")") else {
            throw text.error(at: word.end, "the ( of the reference counter is not closed", "REFCNT_OPEN_BRACE")
        }
        guard close == word.text.utf8.count - 1 else {
            throw text.error(
                at: word.offset + close + 1, "nothing may follow the ) of the reference counter", "BAD_REFCNT_SUFFIX")
        }
        guard let counter = KernelNumber.unsigned(word.keeping(close).text) else {
            throw text.error(
                at: word.offset, "\"\(word.keeping(close).text)\" is not a valid offset of a reference counter",
                "BAD_REFCNT")
        }
        return counter
    }

    /// `e[:[GRP/]NAME] SYSTEM.EVENT [ARGS] [if FILTER]`: the arguments are for the kernel, which knows the fields.
    private func eventProbe(
        group: String?, name: String?, event word: ProbeText.Word
    ) throws(ProbeSyntaxError) -> ProbeSpec {
        guard maximumActive.text.isEmpty else {
            throw text.error(at: maximumActive.offset, "e: has no number", "BAD_MAXACT_TYPE")
        }
        guard let dot = word.position(of: ".") ?? word.position(of: "/"), dot > 0, dot + 1 < word.text.utf8.count else {
            throw text.error(
                at: word.offset, "an event probe names system and event: write e:NAME sched.sched_switch",
                "NO_EVENT_INFO")
        }
        let arguments = text.words.drop { $0.offset <= word.offset }.prefix { $0.text != "if" }
        guard arguments.count <= ProbeSpec.maximumArguments else {
            throw text.error(
                at: arguments[arguments.startIndex + ProbeSpec.maximumArguments].offset,
                "a probe has at most \(ProbeSpec.maximumArguments) arguments", "TOO_MANY_ARGS")
        }
        if text.words.last?.text == "if" {
            throw text.error(at: text.text.utf8.count, "no filter after if", "NO_EP_FILTER")
        }
        return ProbeSpec(
            text: text.text, kind: .eventProbe,
            location: .event(system: String(word.keeping(dot).text), name: String(word.dropping(dot + 1).text)),
            group: group, name: name, arguments: [],
            form: .eventProbe(rest: String(decoding: text.text.utf8.dropFirst(word.offset), as: UTF8.self)))
    }
}
