import EventFormat

/// The lines of call trees, in the columns of the kernel's own (kernel/trace/trace_functions_graph.c).
extension TextBuffer {
    mutating func append(_ line: CallTree.Line, _ catalog: EventCatalog) {
        switch line {
        case .leaf(let call, let time):
            appendColumns(time, call.depth)
            catalog.appendFunction(at: call.function, to: &self)
            append("();\n")
        case .begin(let call):
            appendColumns(nil, call.depth)
            catalog.appendFunction(at: call.function, to: &self)
            append("() {\n")
        case .end(let call, let time):
            appendColumns(time, call.depth)
            append("}\n")
        case .strayEnd(let call, let time):
            appendColumns(time, call.depth)
            append("} /* ")
            catalog.appendFunction(at: call.function, to: &self)
            append(", which began before the trace or among lost events */\n")
        case .cut(let call, let cause):
            appendColumns(nil, call.depth)
            append("} /* ")
            catalog.appendFunction(at: call.function, to: &self)
            append(cause == .traceEnded ? " had not returned when the trace ended */\n" : ": its return was lost */\n")
        case .event(let depth, let text):
            appendColumns(nil, depth)
            append("/* ")
            append(text)
            append(" */\n")
        }
    }

    private mutating func appendColumns(_ nanoseconds: UInt64?, _ depth: Int) {
        append(UInt8(ascii: " "))
        if let nanoseconds { append(callDuration: nanoseconds) } else { appendNoCallDuration() }
        append(repeating: UInt8(ascii: " "), count: 2 * depth)
    }
}
