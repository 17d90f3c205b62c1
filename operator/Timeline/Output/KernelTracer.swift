import TraceProtocol

/// A tracer of the kernel, as far as it decides how a buffer is printed.
enum KernelTracer: String, Sendable {
    /// Events alone.
    case nop
    case function
    case functionGraph = "function_graph"

    /// The one that makes such events.
    ///
    /// - Parameter event: an event's full name.
    init(event: String) {
        self =
            event.hasPrefix("ftrace:funcgraph_")
            ? .functionGraph : ["ftrace:function", "ftrace:func_repeats"].contains(event) ? .function : .nop
    }
}

extension WireSessionDescription {
    /// The tracer that a session was opened with, whichever event comes first; nil without one.
    var tracer: KernelTracer? { hasFunctionTrace ? (functionTrace.isGraph ? .functionGraph : .function) : nil }
}
