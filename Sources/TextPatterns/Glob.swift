/// A shell pattern over ASCII names: `*`, `?`, `[a-z]`, `[!a-z]`; `\` takes the next character literally.
///
/// Matching is iterative and remembers only the last `*`, so it is at worst the product of both lengths, and
/// constant in memory: patterns come from other people.
public struct Glob: Hashable, Sendable {
    private enum Element: Hashable, Sendable {
        case byte(UInt8)
        case any
        case star
        case set([ClosedRange<UInt8>], negated: Bool)
    }

    private let elements: [Element]

    /// True if the pattern is a plain name, without any special character.
    public let isLiteral: Bool

    /// Compiles a pattern. An unclosed `[` is a literal bracket, as in fnmatch(3).
    public init(_ pattern: some StringProtocol) {
        let bytes = Array(pattern.utf8)
        var elements: [Element] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "*"):
                if elements.last != .star { elements.append(.star) }
            case UInt8(ascii: "?"):
                elements.append(.any)
            case UInt8(ascii: "["):
                if let (set, next) = Self.set(bytes, after: index) {
                    elements.append(set)
                    index = next
                    continue
                }
                elements.append(.byte(bytes[index]))
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                index += 1
                elements.append(.byte(bytes[index]))
            default:
                elements.append(.byte(bytes[index]))
            }
            index += 1
        }
        self.elements = elements
        self.isLiteral = elements.allSatisfy { if case .byte = $0 { true } else { false } }
    }

    /// Whether the whole of `name` matches.
    public func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { matches($0) }
    }

    private func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var element = 0
        var byte = 0
        var lastStar: (element: Int, byte: Int)?
        while byte < name.count {
            if element < elements.count {
                if elements[element] == .star {
                    lastStar = (element, byte)
                    element += 1
                    continue
                }
                if Self.accepts(elements[element], name[byte]) {
                    element += 1
                    byte += 1
                    continue
                }
            }
            guard let star = lastStar else { return false }
            lastStar = (star.element, star.byte + 1)
            element = star.element + 1
            byte = star.byte + 1
        }
        return elements[element...].allSatisfy { $0 == .star }
    }

    private static func accepts(_ element: Element, _ byte: UInt8) -> Bool {
        switch element {
        case .byte(let expected): byte == expected
        case .any: true
        case .star: false
        case .set(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
        }
    }

    /// The set that starts at `start`, and the index behind its `]`.
    private static func set(_ bytes: [UInt8], after start: Int) -> (Element, Int)? {
        var index = start + 1
        var negated = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^") {
            negated = true
            index += 1
        }
        let first = index
        var ranges: [ClosedRange<UInt8>] = []
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "]"), index > first { return (.set(ranges, negated: negated), index + 1) }
            let low = bytes[index]
            if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index + 2] != UInt8(ascii: "]") {
                let high = bytes[index + 2]
                // An empty range such as [z-a] matches nothing, as in fnmatch(3).
                if low <= high { ranges.append(low...high) }
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }
}
