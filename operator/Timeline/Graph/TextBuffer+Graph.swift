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
        append(nanoseconds.map(Self.mark) ?? UInt8(ascii: " "))
        append(UInt8(ascii: " "))
        let start = count
        if let nanoseconds { append(microseconds: nanoseconds) }
        pad(from: start, to: 12)
        append("|  ")
        append(repeating: UInt8(ascii: " "), count: 2 * depth)
    }

    /// `trace_find_mark` of kernel/trace/trace_output.c.
    private static func mark(_ nanoseconds: UInt64) -> UInt8 {
        switch nanoseconds {
        case 1_000_000_001...: UInt8(ascii: "$")
        case 100_000_001...: UInt8(ascii: "@")
        case 10_000_001...: UInt8(ascii: "*")
        case 1_000_001...: UInt8(ascii: "#")
        case 100_001...: UInt8(ascii: "!")
        case 10_001...: UInt8(ascii: "+")
        default: UInt8(ascii: " ")
        }
    }

    /// Seven digits at most, three of them behind the point: `trace_print_graph_duration`.
    private mutating func append(microseconds nanoseconds: UInt64) {
        let start = count
        append(decimal: nanoseconds / 1_000)
        let digits = count - start
        if digits < 7 {
            let behind = min(3, 7 - digits)
            let rest = nanoseconds % 1_000
            append(UInt8(ascii: "."))
            append(decimal: behind == 3 ? rest : behind == 2 ? rest / 10 : rest / 100, width: behind)
        }
        append(" us")
    }
}
