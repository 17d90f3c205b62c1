/// How a fetch argument gets its value, step by step, for whoever fetches it elsewhere than the kernel's interpreter
/// does (`process_fetch_insn` in kernel/trace/trace_probe_tmpl.h).
public struct FetchSteps: Sendable, Hashable {
    /// Where it begins.
    public enum Source: Sendable, Hashable {
        /// By the kernel's name: `di`.
        case register(String)
        /// An argument of a kernel function, from 1.
        case argument(Int)
        case returnValue
        /// The stack pointer.
        case stackPointer
        /// A word of the stack, from 0.
        case stack(Int)
        case constant(UInt64)
        /// The name of the current task, which is a text.
        case taskName
    }

    /// One reading of memory, at the value so far and so many bytes more.
    public struct Read: Sendable, Hashable {
        public let offset: Int64
        /// `+u0(...)`: memory of the program, also where a probe of the kernel fetches it.
        public let isOfProgram: Bool
    }

    public let source: Source
    /// In their order. The last one reads as many bytes as the value has, or the text.
    public private(set) var reads: [Read] = []
    public let isText: Bool

    /// What is not translated.
    public struct Untranslated: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter text: `BODY[:TYPE]`, as the kernel lists it.
    public init(parsing text: some StringProtocol) throws(Untranslated) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var isOfProgram = false
        var isText = false
        switch parts.count > 1 ? String(parts[1]) : "" {
        case "", "symbol": break
        case let type where FetchType.integers.contains(type): break
        case "string": isText = true
        case "ustring": (isText, isOfProgram) = (true, true)
        case let type: throw Untranslated(description: "the type \(type)")
        }
        var body = Substring(parts[0])
        var reads: [Read] = []
        while let sign = body.first, sign == "+" || sign == "-", let open = body.firstIndex(of: "("), body.last == ")" {
            var number = body[body.index(after: body.startIndex)..<open]
            let isMarked = number.first == "u"
            if isMarked { number.removeFirst() }
            guard let magnitude = KernelNumber.unsigned(number).flatMap({ Int64(exactly: $0) }) else {
                throw Untranslated(description: "\(text)")
            }
            reads.append(Read(offset: sign == "-" ? -magnitude : magnitude, isOfProgram: isMarked))
            body = body[body.index(after: open)...].dropLast()
        }
        let (source, isMemory) = try Self.source(body, of: text)
        if isMemory { reads.append(Read(offset: 0, isOfProgram: false)) }
        if source == .taskName { isText = true }
        guard !isText || (source == .taskName) == reads.isEmpty else { throw Untranslated(description: "\(text)") }
        if isOfProgram, let outermost = reads.first {
            reads[0] = Read(offset: outermost.offset, isOfProgram: true)
        }
        self.source = source
        self.isText = isText
        self.reads = reads.reversed()
    }

    private static func source(
        _ leaf: Substring, of text: some StringProtocol
    ) throws(Untranslated) -> (Source, isMemory: Bool) {
        let rest = leaf.dropFirst()
        switch leaf.first {
        case "%": return (.register(String(rest)), false)
        case "$" where rest == "retval": return (.returnValue, false)
        case "$" where rest == "stack": return (.stackPointer, false)
        case "$" where rest == "comm" || rest == "COMM": return (.taskName, false)
        case "$" where rest.hasPrefix("stack"):
            if let index = Int(rest.dropFirst(5)), index >= 0 { return (.stack(index), false) }
        case "$" where rest.hasPrefix("arg"):
            if let number = Int(rest.dropFirst(3)), number > 0 { return (.argument(number), false) }
        case "@":
            if let address = KernelNumber.unsigned(rest) { return (.constant(address), true) }
        case "\\":
            let number = rest.hasPrefix("+") ? rest.dropFirst() : rest
            if let value = KernelNumber.unsigned(number) { return (.constant(value), false) }
            if let value = KernelNumber.signed(number) { return (.constant(UInt64(bitPattern: value)), false) }
        default: break
        }
        throw Untranslated(description: "\(text)")
    }
}
