/// The calls that a task makes, from one that nothing encloses until that returns, as the records of the tracer
/// `function_graph` tell them. No I/O, no names.
struct CallTree {
    /// One line of a tree.
    enum Line: Equatable {
        /// A call that makes no other.
        case leaf(Call, nanoseconds: UInt64)
        /// A call begins that makes others.
        case begin(Call)
        /// It returns.
        case end(Call, nanoseconds: UInt64)
        /// Something returns whose beginning is not in the trace.
        case strayEnd(Call, nanoseconds: UInt64)
        /// Its return is not in the trace.
        case cut(Call, Cut)
        /// Another event of the task, inside of the last call.
        case event(depth: Int, text: String)
    }

    struct Call: Equatable {
        /// Its address.
        let function: UInt64
        /// Calls around it.
        let depth: Int
    }

    enum Cut: Equatable {
        case traceEnded
        case lost
    }

    private(set) var lines: [Line] = []
    /// Those that have not returned, and the line on which each begins; nil where that has been taken.
    private var open: [(call: Call, line: Int?)] = []

    /// Nothing of it can come any more.
    var isComplete: Bool { open.isEmpty }

    mutating func enter(_ call: Call) {
        // A return that was lost, or whose task went another way (a jump over several frames).
        close(downTo: call.depth, .lost)
        open.append((call, lines.count))
        lines.append(.begin(call))
    }

    mutating func exit(_ call: Call, nanoseconds: UInt64) {
        close(downTo: call.depth + 1, .lost)
        guard let last = open.last, last.call == call else {
            lines.append(.strayEnd(call, nanoseconds: nanoseconds))
            return
        }
        open.removeLast()
        if let line = last.line, line == lines.count - 1 {
            lines[line] = .leaf(call, nanoseconds: nanoseconds)
        } else {
            lines.append(.end(call, nanoseconds: nanoseconds))
        }
    }

    mutating func add(event text: String) {
        lines.append(.event(depth: (open.last?.call.depth ?? -1) + 1, text: text))
    }

    /// Closes everything that is open.
    mutating func cut(_ cause: Cut) { close(downTo: 0, cause) }

    private mutating func close(downTo depth: Int, _ cause: Cut) {
        while let last = open.last, last.call.depth >= depth {
            lines.append(.cut(last.call, cause))
            open.removeLast()
        }
    }

    /// The lines so far; what is open goes on.
    mutating func takeLines() -> [Line] {
        defer { lines.removeAll(keepingCapacity: true) }
        for index in open.indices { open[index].line = nil }
        return lines
    }
}
