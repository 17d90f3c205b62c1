import Testing
import TraceProtocol

/// What a request for functions may be.
@Suite struct FunctionTraceTests {
    private static func trace(_ functions: [String] = [], graph: [String] = []) -> WireFunctionTrace {
        .with {
            $0.functions = functions
            $0.graph = graph
        }
    }

    @Test(
        "Patterns of names, as the kernel has them",
        arguments: ["vfs_read", "vfs_*", "*", "?_read", "[a-f]*", "__x64_sys_[!a]*", "foo.isra.0", ".text"])
    func patterns(_ pattern: String) {
        #expect(Self.trace([pattern]).problem == nil)
        #expect(Self.trace(graph: [pattern]).problem == nil)
    }

    @Test(
        "Whatever else the kernel's filter files would obey is refused, wherever it stands",
        arguments: [
            "", "vfs_read:traceoff", "*:mod:ext4", ":mod:*", "!vfs_read", "1", "12vfs", "vfs_read vfs_write",
            "vfs_read\nvfs_write", "vfs_read;x", "vfs_read\0", "# x", "vfs_r\u{e9}ad", "a/b", "a\\*", "a,b",
            String(repeating: "a", count: 129),
        ])
    func commands(_ pattern: String) {
        #expect(Self.trace([pattern]).problem?.contains("is no pattern of functions") == true)
        #expect(Self.trace(graph: [pattern]).problem?.contains("is no pattern of functions") == true)
        var excluding = Self.trace(["vfs_*"])
        excluding.excluded = [pattern]
        #expect(excluding.problem?.contains("is no pattern of functions") == true)
    }

    @Test("Limits, and what belongs together")
    func limits() {
        #expect(Self.trace().problem?.contains("names the functions") == true)
        #expect(Self.trace(Array(repeating: "a*", count: 33)).problem?.contains("too many") == true)
        var deep = Self.trace(graph: ["vfs_read"])
        deep.depth = 255
        #expect(deep.problem == nil)
        deep.depth = 256
        #expect(deep.problem?.contains("255 at most") == true)
        var flat = Self.trace(["vfs_read"])
        flat.depth = 1
        #expect(flat.problem?.contains("call trees") == true)
        var stacks = Self.trace(["vfs_read"])
        stacks.stacks = true
        #expect(stacks.problem == nil)
        stacks.graph = ["vfs_read"]
        #expect(stacks.problem?.contains("stacks") == true)
    }

    @Test("With names of tasks, and with counts of anything else, it cannot be")
    func fit() {
        var request = WireOpenSession.with { $0.functionTrace = Self.trace(["vfs_*"]) }
        #expect(request.functionTraceProblem == nil)
        request.comms = ["nginx"]
        #expect(request.functionTraceProblem?.contains("by pid") == true)
        request.comms = []
        request.count.keys = ["comm"]
        #expect(request.functionTraceProblem?.contains("counted by function") == true)
        request.count.keys = [WireCountRequest.functionKey]
        #expect(request.functionTraceProblem == nil)
        request.functionTrace.graph = ["vfs_read"]
        #expect(request.functionTraceProblem?.contains("without call trees") == true)
    }
}
