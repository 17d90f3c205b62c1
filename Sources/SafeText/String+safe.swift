extension StringProtocol {
    /// This text as one line that is safe on a terminal and in a log, whoever chose it: a line feed becomes a blank, and
    /// everything else that is unsafe to show becomes `?`.
    public var safeLine: String {
        var text = String(self)
        guard !text.withUTF8({ SafeBytes.areASCII(UnsafeRawBufferPointer($0)) }) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            safe.append(scalar == "\n" ? " " : scalar.isUnsafeToShow ? "?" : scalar)
        }
        return String(safe)
    }

    /// A text of several lines that quotes what others chose, e.g. a kernel's message with a caret below it. Lines after
    /// the first are a ``safeBlock``.
    public var safeLines: [String] {
        let lines = String(self).unicodeScalars.split(separator: "\n", maxSplits: 1)
        return lines.prefix(1).map { Substring($0).safeLine } + lines.dropFirst().flatMap { Substring($0).safeBlock }
    }

    /// Lines that all begin with at least two blanks, so that none of them can pass for a line of its own. What stands
    /// below one another stays there.
    public var safeBlock: [String] {
        // By scalars: "\r\n" is one Character.
        let lines = String(self).unicodeScalars.split(separator: "\n").map { Substring($0).safeLine }
        let isIndented = lines.allSatisfy { $0.utf8.starts(with: "  ".utf8) }
        return isIndented ? lines : lines.map { "  " + $0 }
    }
}
