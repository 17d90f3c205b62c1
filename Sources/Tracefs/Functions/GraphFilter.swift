import Glibc

/// Which call trees the tracer `function_graph` records.
///
/// The kernel has one such filter for all of its buffers: `set_graph_function` and `max_graph_depth` are files of the top
/// level alone (`ftrace_graph_hash` in kernel/trace/ftrace.c, `fgraph_max_depth` in trace_functions_graph.c, up to Linux
/// 7.2). So it is set only while nobody else uses the tracer, or by those who want the same, and the last one who leaves
/// empties it.
public struct GraphFilter: Sendable, Equatable {
    /// Patterns of functions with which a tree begins; none for every function.
    public let patterns: [String]
    /// The functions that they name.
    public let names: Set<String>
    /// Of the trees; 0 for any.
    public let depth: Int

    public init(patterns: [String], names: Set<String>, depth: Int) {
        (self.patterns, self.names, self.depth) = (patterns, names, depth)
    }

    /// Every function begins a tree.
    public static let none = GraphFilter(patterns: [], names: [], depth: 0)
}

extension TraceInstance {
    /// Records the calls of the chosen functions as trees from now on, as far as recording is on.
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)`` when somebody else uses the kernel's filter of trees.
    public func traceGraphs(_ filter: GraphFilter) throws(TracefsError) {
        let lock = try InstancesLock.removing(root)
        defer { withExtendedLifetime(lock) {} }
        let isSet = try root.isSet(filter, for: name)
        if !isSet { try root.set(filter) }
        do throws(TracefsError) {
            try setTracer(.functionGraph)
        } catch {
            if !isSet { root.clearGraphFilter() }
            throw error
        }
    }
}

extension TracefsRoot {
    private static let functions = "set_graph_function"
    private static let depth = "max_graph_depth"

    /// Whether the filter has been set already.
    ///
    /// - Throws: when another one has been.
    fileprivate func isSet(_ filter: GraphFilter, for instance: String) throws(TracefsError) -> Bool {
        let (names, depth) = try graphFilter()
        if names == filter.names, depth == filter.depth { return true }
        let users = graphUsers().filter { $0 != instance }
        if let user = users.first {
            throw .unsupported(
                what: "these call trees now",
                reason:
                    "it has one filter of them for all of its buffers, and \(user) uses \(FunctionTracer.functionGraph.rawValue) with another one"
            )
        }
        guard names.isEmpty, depth == 0 else {
            throw .unsupported(
                what: "these call trees now",
                reason:
                    "somebody has set its filter of them (echo > \(file(Self.functions)) and echo 0 > \(file(Self.depth)) empty it)"
            )
        }
        return false
    }

    private func graphFilter() throws(TracefsError) -> (names: Set<String>, depth: Int) {
        let depth = try ControlFile.text(file(Self.depth)).prefix { $0.isNumber }
        return (ControlFile.functionNames(try ControlFile.text(file(Self.functions))) ?? [], Int(depth) ?? 0)
    }

    fileprivate func set(_ filter: GraphFilter) throws(TracefsError) {
        do throws(TracefsError) {
            try ControlFile.writeWords(filter.patterns, to: file(Self.functions))
            try ControlFile.write("\(filter.depth)", to: file(Self.depth))
        } catch {
            clearGraphFilter()
            throw error
        }
    }

    /// Who uses the tracer: names of instances, or the top level.
    private func graphUsers() -> [String] {
        let graph = FunctionTracer.functionGraph.rawValue
        let instances = ((try? instances(prefix: "")) ?? []).filter { (try? currentTracer(instance: $0)) == graph }
        return instances + ((try? currentTracer()) == graph ? ["the top-level buffer"] : [])
    }

    fileprivate func clearGraphFilter() {
        try? ControlFile.writeWords([], to: file(Self.functions))
        try? ControlFile.write("0", to: file(Self.depth))
    }

    /// An instance that used the tracer is gone. The caller holds `InstancesLock`.
    func graphsEnded() {
        if graphUsers().isEmpty { clearGraphFilter() }
    }
}
