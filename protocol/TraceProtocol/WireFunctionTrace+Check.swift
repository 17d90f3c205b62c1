/// Which function traces can be carried out; the same for operators, controllers and agents.
extension WireFunctionTrace {
    /// For each pattern the kernel walks over all of its functions.
    public static let mostPatterns = 32
    /// Bytes. The kernel's names may have 511, but none has to be written out.
    public static let longestPattern = 128
    /// The kernel follows fewer calls inside of each other.
    public static let deepest: UInt32 = 255

    /// Call trees are recorded, and not the entries of functions alone.
    public var isGraph: Bool { !graph.isEmpty }

    /// Why it cannot be carried out; nil if it can.
    public var problem: String? {
        let patterns = functions + graph + excluded
        if functions.isEmpty, graph.isEmpty { return "a function trace names the functions that it traces" }
        if patterns.count > Self.mostPatterns {
            return "\(patterns.count) patterns of functions are too many: at most \(Self.mostPatterns)"
        }
        if let wrong = patterns.first(where: { !Self.isPattern($0) }) {
            return
                "\"\(wrong.prefix(Self.longestPattern))\" is no pattern of functions: it has letters, digits, _ and . with * ? [] for others, 1 to \(Self.longestPattern) bytes, and no digit in front"
        }
        if depth > 0, !isGraph { return "a depth belongs to call trees (graph)" }
        if depth > Self.deepest { return "call trees of depth \(depth): \(Self.deepest) at most" }
        if arguments, isGraph {
            return "arguments are recorded at entries of functions, and not with call trees (graph)"
        }
        if stacks, isGraph { return "stacks are recorded at entries of functions, and not with call trees (graph)" }
        return nil
    }

    /// Whether the kernel reads a text as nothing but a pattern of names. Its filter files read more: a `!` in front
    /// removes, a number is an index, and behind a colon stands a command (`:mod:`, `NAME:traceoff`), which would do
    /// something else on the node (ftrace_process_regex in kernel/trace/ftrace.c).
    static func isPattern(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= longestPattern, !isDigit(first), first != 0x21 else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "-"), UInt8(ascii: "!"):
                true
            default: isDigit(byte)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension WirePrepare {
    /// Why the function trace does not go with the rest of the request; nil if it does.
    public var functionTraceProblem: String? { FunctionTraceFit(functionTrace, comms, hasCount ? count : nil).problem }
}

extension WireOpenSession {
    /// The same for a whole session.
    public var functionTraceProblem: String? { FunctionTraceFit(functionTrace, comms, hasCount ? count : nil).problem }
}

/// A function trace and what stands beside it in a request.
private struct FunctionTraceFit {
    let trace: WireFunctionTrace
    let comms: [String]
    let count: WireCountRequest?

    init(_ trace: WireFunctionTrace, _ comms: [String], _ count: WireCountRequest?) {
        (self.trace, self.comms, self.count) = (trace, comms, count)
    }

    var problem: String? {
        if let problem = trace.problem { return problem }
        if !comms.isEmpty { return "the function tracers do not know tasks by their names: select them by pid" }
        guard let count else { return nil }
        if count.keys != [WireCountRequest.functionKey] || count.hasBuckets || !count.counters.isEmpty {
            return "calls of functions are counted by function, and by nothing else"
        }
        if trace.isGraph || trace.stacks || trace.arguments {
            return "calls of functions are counted without call trees, stacks and arguments"
        }
        return nil
    }
}
