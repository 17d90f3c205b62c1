import FoundationEssentials
import SystemFacts
import TraceProtocol

/// How a key lies in memory that an eBPF program fills in: its parts one after the other, each a multiple of 8 bytes.
struct ProgramKey: Equatable {
    /// One part of a key.
    struct Part: Equatable {
        /// Where its value comes from; nil for the bucket of a histogram or latency.
        let source: KeyPart?
        let offset: Int
        let size: Int
    }

    private(set) var parts: [Part] = []
    /// Bytes of all parts.
    private(set) var size = 0

    /// The stack of a program has 512 bytes, a part of which is for other things.
    static let largest = 400
    /// The longest text with its NUL.
    static let textSize = WireCountRequest.longestText + 1

    /// Nothing but a program reads a text at an address. So where that and another text do not fit, both are shortened.
    ///
    /// - Throws: `KernelDeclined` for keys that are too long for a program.
    init(_ sources: [KeyPart], hasBucket: Bool) throws(KernelDeclined) {
        let most = Self.room(sources, others: hasBucket ? 8 : 0)
        for source in sources { append(source, source.isLongText ? most : Self.size(source)) }
        if hasBucket { append(nil, 8) }
        // The kernel has no table without a key: a row of all events has a word of zeros.
        size = max(size, 8)
        guard size <= Self.largest else { throw KernelDeclined("two long texts are more than an eBPF program keeps") }
    }

    private mutating func append(_ source: KeyPart?, _ bytes: Int) {
        parts.append(Part(source: source, offset: size, size: bytes))
        size += bytes
    }

    /// Bytes of a text of any length.
    ///
    /// - Parameter others: bytes of what is no source.
    private static func room(_ sources: [KeyPart], others: Int) -> Int {
        guard sources.contains(where: \.isPointedText) else { return textSize }
        let texts = sources.count(where: \.isLongText)
        let fixed = sources.reduce(others) { $1.isLongText ? $0 : $0 + size($1) }
        return min(textSize, (largest - fixed) / texts & ~7)
    }

    private static func size(_ source: KeyPart) -> Int {
        switch source {
        case .cpu, .pid, .cgroup, .number: 8
        case .comm: CurrentTaskNames.length
        case .stack(let isUser): isUser ? StackKey.userSize : StackKey.size
        case .fixedText(_, let size): (min(size + 1, textSize) + 7) & ~7
        case .text, .pointedText: textSize
        }
    }

    /// Offsets of the parts that are stacks, and whether they are the program's.
    var stacks: [(offset: Int, isUser: Bool)] {
        parts.compactMap { if case .stack(let isUser) = $0.source { ($0.offset, isUser) } else { nil } }
    }

    /// The values of a key that a program has made.
    ///
    /// - Parameter stacks: the texts of its stacks.
    func values(
        _ key: UnsafeRawBufferPointer, cgroups: CgroupPaths = CgroupPaths(), stacks: [String] = []
    ) -> [WireCountKey] {
        var stacks = stacks[...]
        return parts.map { part in
            let bytes = UnsafeRawBufferPointer(rebasing: key[part.offset..<part.offset + part.size])
            var value = WireCountKey()
            switch part.source {
            case .comm, .fixedText, .text, .pointedText:
                var text = bytes.prefix { $0 != 0 }
                while text.last == UInt8(ascii: " ") { text.removeLast() }
                value.text = Data(text)
            case .number(let field) where !field.isSigned:
                let number = bytes.load(as: UInt64.self)
                if number > UInt64(Int64.max) { value.unsigned = number } else { value.number = Int64(number) }
            case .stack: value.text = Data((stacks.popFirst() ?? "").utf8)
            case .cgroup(isPath: true): value.text = Data(cgroups.text(of: bytes.load(as: UInt64.self)).utf8)
            case .cpu, .pid, .cgroup, .number, nil: value.number = bytes.load(as: Int64.self)
            }
            return value
        }
    }
}

extension KeyPart {
    fileprivate var isPointedText: Bool { if case .pointedText = self { true } else { false } }

    /// A text of any length.
    fileprivate var isLongText: Bool { if case .text = self { true } else { isPointedText } }
}
