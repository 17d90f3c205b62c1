/// Draws the calls of one node as its kernel's function_graph tracer draws them (kernel/trace/trace_functions_graph.c,
/// with the options that a kernel starts with): a line for each call, its duration, indented by its depth.
///
/// How it is fed: with the records of each CPU in their order, whatever their kind says (`CallGraphRecords`). A call that
/// made no others is one line, so its entry can only be drawn when the CPU's next record is known; if that is its end,
/// the two go together into `appendCall`, and the end is not given again. `CallGraphOrder` of module Timeline does this
/// for a merged timeline. A value: one for each node, used by one thread.
public struct CallGraphText {
    /// Appends the name of a task, as the node's `saved_cmdlines` has it.
    public typealias TaskNaming = (Int32, inout TextBuffer) -> Void

    struct CPU {
        /// The task of the last line; nil before the first.
        var task: Int32?
        /// Where a comment stands.
        var depth = 0
        /// Functions whose ends have not come, by depth.
        var open = [UInt64](repeating: 0, count: CallGraphText.deepest)
    }

    /// FTRACE_RETFUNC_DEPTH of include/linux/ftrace.h.
    static let deepest = 50
    static let rule: StaticString = " ------------------------------------------\n"

    private(set) var catalog: EventCatalog
    public private(set) var records: CallGraphRecords
    private(set) var interrupts: Range<UInt64>
    let cpuDigits: Int
    /// Names and messages are made safe to show: somebody reads the tree on a terminal.
    let isForTerminal: Bool
    var cpus: [UInt32: CPU] = [:]

    /// - Parameters:
    ///   - catalog: the node's events and symbols.
    ///   - cpuCount: CPUs that the node may have; their column is as wide as the last one's number.
    ///   - isForTerminal: whether names and messages are made safe to show on a terminal.
    public init(_ catalog: EventCatalog, cpuCount: Int, isForTerminal: Bool = false) {
        self.catalog = catalog
        self.isForTerminal = isForTerminal
        records = CallGraphRecords(catalog)
        interrupts = Self.interrupts(catalog)
        cpuDigits = TextBuffer.decimalDigits(UInt64(max(1, cpuCount) - 1))
    }

    /// Goes on with more that is known of the node.
    public mutating func use(_ catalog: EventCatalog) {
        guard catalog !== self.catalog else { return }
        self.catalog = catalog
        records = CallGraphRecords(catalog)
        interrupts = Self.interrupts(catalog)
    }

    /// Code that runs when an interrupt comes: calls of it have arrows around them.
    private static func interrupts(_ catalog: EventCatalog) -> Range<UInt64> {
        guard let symbols = catalog.environment.pointee.symbols,
            let start = symbols.address(named: "__irqentry_text_start"),
            let end = symbols.address(named: "__irqentry_text_end"), start < end
        else { return 0..<0 }
        return start..<end
    }

    /// Appends the comment block at the start of the kernel's file: `print_graph_headers_flags`.
    public static func appendHeader(to out: inout TextBuffer) {
        out.append(
            """
            # tracer: function_graph
            #
            # CPU  DURATION                  FUNCTION CALLS
            # |     |   |                     |   |   |   |

            """ as StaticString)
    }

    /// Appends the beginning of a call, or all of it.
    ///
    /// - Parameters:
    ///   - entry: the record of its beginning.
    ///   - end: that of its end, if it made no calls.
    public mutating func appendCall(
        _ entry: UnsafeRawBufferPointer, end: UnsafeRawBufferPointer?, cpu: UInt32, naming: TaskNaming,
        to out: inout TextBuffer
    ) {
        guard let call = records.call(entry) else { return }
        appendProlog(entry, cpu, naming, &out)
        appendArrow("==========>", call.function, cpu, &out)
        appendCPU(cpu, &out)
        let returned = end.flatMap { records.ended($0) }
        update(cpu) { state in
            state.depth = returned == nil ? call.depth : call.depth - 1
            if state.open.indices.contains(call.depth) { state.open[call.depth] = returned == nil ? call.function : 0 }
        }
        if let returned {
            out.append(callDuration: returned.duration ?? 0)
        } else {
            out.appendNoCallDuration()
        }
        out.append(repeating: 32, count: 2 * min(max(0, call.depth), 1024))
        append(function: call.function, to: &out)
        let before = out.count
        if let registers = call.registers {
            let environment = catalog.environment.pointee
            FunctionArguments(
                types: environment.functions, symbols: environment.symbols, longSize: environment.longSize,
                style: environment.argumentStyle
            ).append(of: call.function, entry, from: registers, to: &out)
        }
        if out.count == before { out.append("()") }
        out.append(returned == nil ? " {" : ";")
        if let caller = call.caller {
            out.append(" /* <-")
            append(caller, .bareOffset, to: &out)
            out.append(" */")
        }
        out.append(UInt8(ascii: "\n"))
        if let returned { appendArrow("<==========", returned.function, cpu, &out) }
    }

    /// Appends the end of a call that made others.
    public mutating func appendReturn(
        _ record: UnsafeRawBufferPointer, cpu: UInt32, naming: TaskNaming, to out: inout TextBuffer
    ) {
        guard let call = records.ended(record) else { return }
        appendProlog(record, cpu, naming, &out)
        appendCPU(cpu, &out)
        var isMatch = true
        update(cpu) { state in
            state.depth = call.depth - 1
            guard state.open.indices.contains(call.depth) else { return }
            isMatch = state.open[call.depth] == call.function
            state.open[call.depth] = 0
        }
        out.append(callDuration: call.duration ?? 0)
        out.append(repeating: 32, count: 2 * min(max(0, call.depth), 1024))
        out.append("}")
        if !isMatch {
            // Its beginning is not above: the name says what ends.
            out.append(" /* ")
            append(function: call.function, to: &out)
            out.append(" */")
        }
        out.append(UInt8(ascii: "\n"))
        appendArrow("<==========", call.function, cpu, &out)
    }

    /// Appends another event.
    public mutating func appendComment(
        _ record: UnsafeRawBufferPointer, context: RenderContext, naming: TaskNaming, to out: inout TextBuffer
    ) {
        let cpu = UInt32(truncatingIfNeeded: context.cpu)
        appendProlog(record, cpu, naming, &out)
        appendCPU(cpu, &out)
        out.appendNoCallDuration()
        let depth = cpus[cpu]?.depth ?? 0
        if depth > 0 { out.append(repeating: 32, count: 2 * (min(depth, 1024) + 1)) }
        out.append("/* ")
        let start = out.count
        catalog.render(record, context: context, into: &out)
        if isMessage(record) { out.removePrefix(through: ": ", from: start) }
        if out.ends(with: 10, after: start) { out.truncate(to: out.count - 1) }
        if isForTerminal { out.makeSafe(from: start) }
        out.append(" */\n")
    }

    /// Whether only the text of it is printed, and not the function that wrote it.
    private func isMessage(_ record: UnsafeRawBufferPointer) -> Bool {
        guard let type = catalog.commonFields.type(of: record), let format = catalog.event(id: type)?.format else {
            return false
        }
        return format.system == "ftrace" && ["print", "bprint", "bputs"].contains(format.name)
    }

    mutating func update(_ cpu: UInt32, _ change: (inout CPU) -> Void) {
        change(&cpus[cpu, default: CPU()])
    }
}
