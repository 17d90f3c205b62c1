/// Counts by call stack.
extension WireCountRequest {
    /// The key that is the kernel's call stack.
    public static let kernelStackKey = "stack"
    /// The key that is the program's call stack.
    public static let userStackKey = "ustack"
    /// Bytes of a stack's text: names from the outermost to the innermost, with `;` between. Longer ones lose the outermost.
    public static let longestStack = 8 << 10

    /// The text of a key where there is no stack: that of a kernel thread's program, or of an event that has none.
    public static let noStack = "[no stack]"
    /// The idle task's name in a key, as the kernel prints it.
    public static let idleTask = "<idle>"

    /// Whether a key is a call stack.
    public static func isStack(_ key: String) -> Bool { key == kernelStackKey || key == userStackKey }

    /// Some key is a call stack.
    public var hasStacks: Bool { keys.contains(where: Self.isStack) }

    /// The counters, if they are sampled.
    public var sampled: [SampledCounter] { counters.compactMap { SampledCounter($0) } }

    /// Counters are sampled.
    public var isSampled: Bool { !sampled.isEmpty }

    /// Bytes that a text of a row's key may have.
    public func longestText(ofKey index: Int) -> Int {
        keys.indices.contains(index) && Self.isStack(keys[index]) ? Self.longestStack : Self.longestText
    }

    var stackProblem: String? {
        if isSampled {
            if sampled.count < counters.count { return "sampled counters and others do not go together" }
            if hasBuckets || hasValues {
                return "a sample has no fields: histograms, latencies and values of fields do not go with it"
            }
        }
        if hasStacks, hasLatency { return "a latency is not told apart by stack" }
        return nil
    }
}
