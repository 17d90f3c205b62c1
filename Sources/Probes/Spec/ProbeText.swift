/// A probe text split at white space, as the kernel does (argv_split).
struct ProbeText {
    /// A word and its position in the text, in bytes.
    struct Word {
        let text: Substring
        let offset: Int

        var end: Int { offset + text.utf8.count }

        /// The word without the first `count` bytes.
        func dropping(_ count: Int) -> Word {
            Word(text: text[text.utf8.index(text.startIndex, offsetBy: count)...], offset: offset + count)
        }

        /// The first `count` bytes.
        func keeping(_ count: Int) -> Word {
            Word(text: text[..<text.utf8.index(text.startIndex, offsetBy: count)], offset: offset)
        }

        /// Index of the first occurrence of the byte in this word.
        func position(of character: Unicode.Scalar) -> Int? {
            let byte = UInt8(ascii: character)
            return text.utf8.firstIndex(of: byte).map { text.utf8.distance(from: text.startIndex, to: $0) }
        }

        /// Index of the last occurrence of the byte in this word.
        func lastPosition(of character: Unicode.Scalar) -> Int? {
            let byte = UInt8(ascii: character)
            return text.utf8.lastIndex(of: byte).map { text.utf8.distance(from: text.startIndex, to: $0) }
        }
    }

    let text: String
    let words: [Word]

    /// Splits the text.
    ///
    /// - Throws: if the kernel would read the text as more than one command or as a part of one.
    init(_ written: String) throws(ProbeSyntaxError) {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r\n" }
        let text = String(written.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        self.text = text
        guard !text.isEmpty else {
            throw ProbeSyntaxError(text: text, offset: 0, "an empty probe: write for example kprobe:do_filp_open")
        }
        guard text.utf8.count <= ProbeSpec.maximumLength else {
            throw ProbeSyntaxError(
                text: text, offset: ProbeSpec.maximumLength,
                "a probe has at most \(ProbeSpec.maximumLength) bytes: the kernel accepts no longer lines")
        }
        var words: [Word] = []
        var start: String.Index?
        func finish(at end: String.Index) {
            guard let begin = start else { return }
            words.append(
                Word(text: text[begin..<end], offset: text.utf8.distance(from: text.startIndex, to: begin)))
            start = nil
        }
        for index in text.utf8.indices {
            switch text.utf8[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): finish(at: index)
            case 0..<0x20, 0x7f:
                throw ProbeSyntaxError(
                    text: text, offset: text.utf8.distance(from: text.startIndex, to: index),
                    "a probe is one line without control characters: use -p for each")
            case UInt8(ascii: "#") where words.isEmpty && Self.takesNumber(text[..<index], before: text[index...]):
                break
            case UInt8(ascii: "#"):
                throw ProbeSyntaxError(
                    text: text, offset: text.utf8.distance(from: text.startIndex, to: index),
                    "for the kernel # starts a comment: a probe cannot contain it")
            default: if start == nil { start = index }
            }
        }
        finish(at: text.endIndex)
        self.words = words
    }

    /// Whether `#` stands in `kprobe:FUNC#2`, which a node replaces before the kernel sees it.
    private static func takesNumber(_ word: Substring, before rest: Substring) -> Bool {
        let location = word.split(separator: "=", maxSplits: 1).last ?? ""
        guard location.hasPrefix("kprobe:") || location.hasPrefix("kretprobe:"), !location.hasSuffix(":") else {
            return false
        }
        return rest.dropFirst().utf8.first.map { (0x30...0x39).contains($0) } ?? false
    }

    func error(at offset: Int, _ message: String, _ kernelName: String? = nil) -> ProbeSyntaxError {
        ProbeSyntaxError(text: text, offset: offset, message, kernelName: kernelName)
    }
}
