/// The kernel's tracers of functions (Documentation/trace/ftrace.rst).
public enum FunctionTracer: String, Sendable {
    /// A record at each entry.
    case function
    /// A record at each entry, and one at each return.
    case functionGraph = "function_graph"

    /// What `function` can record besides the function: a file below `options/` each.
    public enum Option: String, Sendable {
        case stack = "func_stack_trace"
        case arguments = "func-args"
    }

    /// Option of the kernel's build.
    fileprivate var configuration: String {
        switch self {
        case .function: "CONFIG_FUNCTION_TRACER"
        case .functionGraph: "CONFIG_FUNCTION_GRAPH_TRACER"
        }
    }
}

extension TraceInstance {
    /// Checks that the instance can have a tracer. Its own list is what counts: before Linux 6.11 the kernel has
    /// `function_graph` for its top-level buffer alone (`allow_instances` in kernel/trace/trace_functions_graph.c).
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)``.
    public func check(_ tracer: FunctionTracer, _ options: Set<FunctionTracer.Option> = []) throws(TracefsError) {
        let what = "the tracer \(tracer.rawValue)"
        guard Self.tracers(try text("available_tracers")).contains(tracer.rawValue) else {
            let all = (try? ControlFile.text(root.file("available_tracers"))) ?? ""
            throw .unsupported(
                what: what,
                reason: Self.tracers(all).contains(tracer.rawValue)
                    ? "it has it for its top-level buffer only (instances have it since Linux 6.11)"
                    : "it is built without \(tracer.configuration)")
        }
        guard ControlFile.exists(file("set_ftrace_filter")) else {
            throw .unsupported(
                what: what, reason: "it cannot select functions (it is built without CONFIG_DYNAMIC_FTRACE)")
        }
        guard ControlFile.exists(file("set_ftrace_notrace_pid")) else {
            throw .unsupported(what: what, reason: "it cannot leave the agent's own threads out (that needs Linux 5.8)")
        }
        guard (try? ControlFile.text("/proc/sys/kernel/ftrace_enabled"))?.hasPrefix("0") != true else {
            throw .unsupported(what: what, reason: "it is switched off (sysctl kernel.ftrace_enabled=1)")
        }
        guard !options.contains(.arguments) || has(.arguments) else {
            throw .unsupported(
                what: "arguments of functions",
                reason: "its tracer function has no option func-args (that needs Linux 6.15)")
        }
    }

    private static func tracers(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
