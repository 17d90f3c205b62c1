import ArgumentParser
import TraceProtocol

/// Which functions of the kernel to trace, by its tracers `function` and `function_graph`.
struct FunctionOptions: ParsableArguments {
    @OptionGroup var selection: FunctionSelectionOptions

    @Option(
        name: .customLong("graph"),
        help: ArgumentHelp(
            """
            Trace the calls that this function makes, as a tree with durations (Linux 6.11). With --function: only these \
            in the tree. May be repeated, and be a pattern.
            """, valueName: "func"))
    var graphs: [String] = []

    @Option(help: "How deep call trees go (default: any depth).")
    var depth: UInt32?

    @Flag(help: "Record the kernel's stack at each entry of a function.")
    var funcStack = false

    @Flag(help: "Record the function's arguments at each entry (Linux 6.15).")
    var funcArgs = false

    func validate() throws {
        guard let request else {
            guard selection.excluded.isEmpty, depth == nil, !funcStack, !funcArgs else {
                throw ValidationError(
                    "--no-function, --depth, --func-stack and --func-args belong to a function trace: name --function or "
                        + "--graph")
            }
            return
        }
        if depth != nil, graphs.isEmpty { throw ValidationError("--depth is that of call trees: name --graph") }
        if depth == 0 { throw ValidationError("--depth: 1 to \(WireFunctionTrace.deepest)") }
        for (option, isOn) in [("--func-stack", funcStack), ("--func-args", funcArgs)] where isOn && !graphs.isEmpty {
            throw ValidationError("\(option) goes with --function, not with --graph")
        }
        if let problem = request.problem { throw ValidationError(problem) }
    }

    /// Nil where no function is to be traced.
    var request: WireFunctionTrace? {
        guard !selection.functions.isEmpty || !graphs.isEmpty else { return nil }
        return .with {
            $0.functions = selection.functions
            $0.excluded = selection.excluded
            $0.graph = graphs
            $0.depth = depth ?? 0
            $0.stacks = funcStack
            $0.arguments = funcArgs
        }
    }
}

/// Functions by name.
struct FunctionSelectionOptions: ParsableArguments {
    @Option(
        name: .customLong("function"),
        help: ArgumentHelp("Kernel functions by name or pattern ('vfs_*'). May be repeated.", valueName: "glob"))
    var functions: [String] = []

    @Option(
        name: .customLong("no-function"),
        help: ArgumentHelp("But not these functions. May be repeated.", valueName: "glob"))
    var excluded: [String] = []
}
