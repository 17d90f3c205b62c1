/// A pattern for names of tasks, as the kernel's filters have it (lib/glob.c).
public struct NamePattern: Sendable, Hashable {
    private let bytes: [UInt8]

    /// Any text is a pattern.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Whether the whole name matches.
    public func matches(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { Glob.matches(name, $0) }
    }
}

/// Matches text with the patterns of the kernel's lib/glob.c: `*`, `?`, `[a-z]`, `[!a]` and `\` before any of them.
enum Glob {
    /// Whether the whole text matches. Takes time proportional to the product of the lengths at worst.
    static func matches(_ text: UnsafeRawBufferPointer, _ pattern: UnsafeRawBufferPointer) -> Bool {
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
            if textIndex == text.count {
                if patternIndex == pattern.count { return true }
                return false
            }
            if patternIndex < pattern.count, let next = step(text[textIndex], pattern, patternIndex) {
                textIndex += 1
                patternIndex = next
                continue
            }
            // Let the last `*` take one more byte.
            guard let retry = retryPattern, retryText < text.count else { return false }
            retryText += 1
            textIndex = retryText
            patternIndex = retry
        }
    }

    /// Matches one byte; the index behind what matched it, or `nil`.
    private static func step(_ byte: UInt8, _ pattern: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        switch pattern[index] {
        case UInt8(ascii: "?"): return index + 1
        case UInt8(ascii: "["):
            guard let (isMember, next) = set(byte, pattern, index + 1) else {
                return byte == UInt8(ascii: "[") ? index + 1 : nil
            }
            return isMember ? next : nil
        case UInt8(ascii: "\\") where index + 1 < pattern.count:
            return pattern[index + 1] == byte ? index + 2 : nil
        case let literal: return literal == byte ? index + 1 : nil
        }
    }

    /// A set behind its `[`: whether it has the byte, and the index behind its `]`. `nil` if it has no end.
    private static func set(
        _ byte: UInt8, _ pattern: UnsafeRawBufferPointer, _ start: Int
    ) -> (isMember: Bool, next: Int)? {
        var index = start
        let isInverted = index < pattern.count && pattern[index] == UInt8(ascii: "!")
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
