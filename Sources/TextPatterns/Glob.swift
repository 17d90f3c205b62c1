/// A pattern over bytes: `*`, `?`, `[a-z]`, `[!a-z]`; `\` makes the next character literal.
///
/// A `[` that is not closed is a literal bracket, as in fnmatch(3) and in the kernel's lib/glob.c. Matching allocates
/// nothing and remembers only the last `*`, so the time is at worst the product of both lengths: patterns come from
/// other people.
public struct Glob: Hashable, Sendable {
    /// Who defines the pattern. The two differ in the character that inverts a set.
    public enum Dialect: Hashable, Sendable {
        /// The shell: `[!a]` and `[^a]` are both inverted.
        case shell
        /// The kernel's filters (lib/glob.c): only `[!a]` is inverted, and `[^a]` matches `^` or `a`.
        case kernel
    }

    private let pattern: [UInt8]
    private let dialect: Dialect

    /// Any text is a pattern.
    public init(_ pattern: some StringProtocol, dialect: Dialect = .shell) {
        self.pattern = Array(pattern.utf8)
        self.dialect = dialect
    }

    /// True if the pattern is a plain name, in which every special character is escaped.
    public var isLiteral: Bool {
        pattern.withUnsafeBytes { pattern in
            var index = 0
            while index < pattern.count {
                switch pattern[index] {
                case UInt8(ascii: "*"), UInt8(ascii: "?"): return false
                case UInt8(ascii: "["):
                    if Self.set(0, pattern, index + 1, dialect) != nil { return false }
                    index += 1
                case UInt8(ascii: "\\"): index += 2
                default: index += 1
                }
            }
            return true
        }
    }

    /// The only name that matches, where the pattern is one without any special character.
    public var name: String? {
        let special = Array("*?[\\".utf8)
        return pattern.contains(where: special.contains) ? nil : String(decoding: pattern, as: UTF8.self)
    }

    /// Whether the whole of `name` matches.
    public func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the whole of `name` matches.
    public func matches(_ name: UnsafeRawBufferPointer) -> Bool {
        pattern.withUnsafeBytes { Self.matches(name, $0, dialect) }
    }
}

extension Glob {
    /// Whether the whole of `text` matches `pattern`, for a caller that keeps its patterns as bytes in a pool.
    public static func matches(
        _ text: UnsafeRawBufferPointer, _ pattern: UnsafeRawBufferPointer, _ dialect: Dialect
    ) -> Bool {
        var textIndex = 0
        var patternIndex = 0
        var retryText = 0
        var retryPattern: Int?
        while true {
            if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
                patternIndex += 1
                retryPattern = patternIndex
                retryText = textIndex
                continue
            }
            if textIndex == text.count { return patternIndex == pattern.count }
            if patternIndex < pattern.count, let next = step(text[textIndex], pattern, patternIndex, dialect) {
                textIndex += 1
                patternIndex = next
                continue
            }
            // Let the last `*` cover one more byte.
            guard let retry = retryPattern, retryText < text.count else { return false }
            retryText += 1
            textIndex = retryText
            patternIndex = retry
        }
    }

    /// Matches one byte. Returns the index after the element that matched, or nil.
    private static func step(
        _ byte: UInt8, _ pattern: UnsafeRawBufferPointer, _ index: Int, _ dialect: Dialect
    ) -> Int? {
        switch pattern[index] {
        case UInt8(ascii: "?"): return index + 1
        case UInt8(ascii: "["):
            guard let (isMember, next) = set(byte, pattern, index + 1, dialect) else {
                return byte == UInt8(ascii: "[") ? index + 1 : nil
            }
            return isMember ? next : nil
        case UInt8(ascii: "\\") where index + 1 < pattern.count:
            return pattern[index + 1] == byte ? index + 2 : nil
        case let literal: return literal == byte ? index + 1 : nil
        }
    }

    /// Reads the set whose `[` is before `start`. Returns whether the byte is in it and the index after its `]`, or nil
    /// if there is no `]`. An empty range such as `[z-a]` matches nothing.
    private static func set(
        _ byte: UInt8, _ pattern: UnsafeRawBufferPointer, _ start: Int, _ dialect: Dialect
    ) -> (isMember: Bool, next: Int)? {
        var index = start
        var isInverted = false
        if index < pattern.count {
            isInverted =
                pattern[index] == UInt8(ascii: "!") || (dialect == .shell && pattern[index] == UInt8(ascii: "^"))
        }
        if isInverted { index += 1 }
        var isMember = false
        let first = index
        while index < pattern.count, pattern[index] != UInt8(ascii: "]") || index == first {
            let low = pattern[index]
            var high = low
            if index + 2 < pattern.count, pattern[index + 1] == UInt8(ascii: "-"),
                pattern[index + 2] != UInt8(ascii: "]")
            {
                high = pattern[index + 2]
                index += 2
            }
            if low <= byte && byte <= high { isMember = true }
            index += 1
        }
        guard index < pattern.count else { return nil }
        return (isMember != isInverted, index + 1)
    }
}
