extension TextBuffer {
    /// Appends how long a call took, in the columns of the kernel's trees: `print_graph_duration` with the mark of
    /// `trace_find_mark` before it (kernel/trace/trace_functions_graph.c, trace_output.c).
    public mutating func append(callDuration nanoseconds: UInt64) {
        append(Self.mark(nanoseconds))
        append(UInt8(ascii: " "))
        let start = count
        append(decimal: nanoseconds / 1000)
        let whole = count - start
        if whole < 7 {
            append(UInt8(ascii: "."))
            let digits = count
            append(decimal: nanoseconds % 1000, width: 3)
            // At most seven digits in all.
            truncate(to: min(count, digits + 7 - whole))
        }
        let length = count - start
        append(" us ")
        append(repeating: UInt8(ascii: " "), count: 8 - length)
        append("|  ")
    }

    /// Appends the same columns of a line without a duration.
    public mutating func appendNoCallDuration() { append("              |  ") }

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
}
