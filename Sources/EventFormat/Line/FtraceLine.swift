/// The lines of the kernel's `trace` file.
public enum FtraceLine {
    /// Appends the part of a line before the event: `            bash-1234    [001] d..2.  1234.567890: `
    /// (`trace_print_context` of kernel/trace/trace_output.c).
    ///
    /// - Parameters:
    ///   - pid: the event's process.
    ///   - timestamp: ns of the trace clock. It is printed in microseconds, rounded half up as in `ns2usecs`.
    ///   - countsInNanoseconds: `false` for the clocks `counter` and `x86-tsc`, whose values are printed unchanged.
    ///   - columns: those of the kernel that recorded the event.
    ///   - width: columns to which the task's name is padded.
    public static func appendPrefix(
        task: UnsafeRawBufferPointer, pid: Int32, cpu: Int, flags: LatencyFlags, timestamp: UInt64,
        countsInNanoseconds: Bool = true, columns: FtraceColumns = .lazyReschedule, width: Int = 16,
        to out: inout TextBuffer
    ) {
        appendContext(task: task, pid: pid, cpu: cpu, flags: flags, columns: columns, width: width, to: &out)
        appendTime(timestamp, countsInNanoseconds: countsInNanoseconds, to: &out)
    }

    /// Appends the part before the time.
    static func appendContext(
        task: UnsafeRawBufferPointer, pid: Int32, cpu: Int, flags: LatencyFlags, columns: FtraceColumns, width: Int,
        to out: inout TextBuffer
    ) {
        out.append(repeating: 32, count: width - task.count)
        out.append(task)
        appendContext(pid: pid, cpu: cpu, flags: flags, columns: columns, to: &out)
    }

    /// The same, with the task's name from a table.
    public static func appendPrefix(
        tasks: SavedCommandLines, pid: Int32, cpu: Int, flags: LatencyFlags, timestamp: UInt64,
        countsInNanoseconds: Bool = true, columns: FtraceColumns = .lazyReschedule, width: Int = 16,
        to out: inout TextBuffer
    ) {
        let start = out.count
        tasks.view.append(pid, to: &out)
        out.insert(repeating: 32, count: width - (out.count - start), at: start)
        appendContext(pid: pid, cpu: cpu, flags: flags, columns: columns, to: &out)
        appendTime(timestamp, countsInNanoseconds: countsInNanoseconds, to: &out)
    }

    private static func appendContext(
        pid: Int32, cpu: Int, flags: LatencyFlags, columns: FtraceColumns, to out: inout TextBuffer
    ) {
        out.reserve(96)
        out.put(UInt8(ascii: "-"))
        let start = out.count
        out.append(decimal: Int64(pid))
        while out.count &- start < columns.pidWidth { out.put(32) }
        out.put(32)
        out.put(UInt8(ascii: "["))
        out.append(decimal: UInt64(truncatingIfNeeded: cpu), width: 3)
        out.put(UInt8(ascii: "]"))
        guard columns != .withoutFlags else { return }
        out.put(32)
        flags.append(columns, to: &out)
    }

    private static func appendTime(_ timestamp: UInt64, countsInNanoseconds: Bool, to out: inout TextBuffer) {
        append(time: timestamp, countsInNanoseconds: countsInNanoseconds, to: &out)
        out.reserve(2)
        out.put(UInt8(ascii: ":"))
        out.put(32)
    }

    /// Appends a time as ` %5lu.%06lu`, like `trace_print_time`.
    public static func append(time: UInt64, countsInNanoseconds: Bool = true, to out: inout TextBuffer) {
        out.append(32)
        guard countsInNanoseconds else { return out.append(decimal: time, column: 12) }
        let (rounded, overflow) = time.addingReportingOverflow(500)
        let microseconds = (overflow ? time : rounded) / 1000
        out.append(decimal: microseconds / 1_000_000, column: 5)
        out.append(UInt8(ascii: "."))
        out.append(decimal: microseconds % 1_000_000, width: 6)
    }

    /// Appends the line for events that the buffer of a CPU lost: `CPU:1 [LOST 42 EVENTS]`.
    ///
    /// - Parameter count: how many, or `nil` if the kernel did not count them.
    public static func appendLost(cpu: Int, count: UInt64?, to out: inout TextBuffer) {
        out.append("CPU:")
        out.append(decimal: UInt64(truncatingIfNeeded: cpu))
        out.append(" [LOST ")
        if let count {
            out.append(decimal: count)
            out.append(32)
        }
        out.append("EVENTS]\n")
    }

    /// Appends the comment block at the start of a `trace` file: `print_event_info` and `print_func_help_header_irq` of
    /// kernel/trace/trace.c.
    ///
    /// - Parameters:
    ///   - tracer: the name in `current_tracer`.
    ///   - counts: events in the buffer, and events that were ever written to it; nil where that is not known.
    ///   - cpus: those that are online; nil where that is not known.
    public static func appendHeader(
        tracer: String = "nop", counts: (held: UInt64, written: UInt64)?, cpus: Int?,
        columns: FtraceColumns = .lazyReschedule, to out: inout TextBuffer
    ) {
        out.append("# tracer: ")
        out.append(tracer)
        out.append("\n#\n")
        if columns != .withoutFlags {
            out.append("# entries-in-buffer/entries-written: ")
            if let counts { out.append(decimal: counts.held) } else { out.append("?") }
            out.append("/")
            if let counts { out.append(decimal: counts.written) } else { out.append("?") }
            out.append("   #P:")
            if let cpus { out.append(decimal: UInt64(truncatingIfNeeded: cpus)) } else { out.append("?") }
            out.append("\n#\n")
        }
        out.append(columns.legend)
    }
}
