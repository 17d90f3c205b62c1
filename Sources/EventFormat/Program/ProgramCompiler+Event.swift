/// Which of its ways of printing the kernel uses for an event. Only part of its text comes from print formats.
extension ProgramCompiler {
    mutating func compileEvent() throws(PrintFormatError) {
        if format.system == "syscalls" && format.fields.first?.name == "__syscall_nr" {
            try compileSyscall()
        } else if let first = format.fields.first?.name, first == "__probe_ip" || first == "__probe_func" {
            try compileProbe()
        } else if format.system == "synthetic" {
            try compileSynthetic()
        } else if format.system == "user_events" {
            try compileFieldList()
        } else if format.system == "ftrace", let text = FtraceStyles.printFormats[format.name] {
            try compileFtrace(text)
        } else {
            try compilePrintFormat()
        }
    }

    /// kernel/trace/trace_output.c prints these entries with functions of its own.
    private mutating func compileFtrace(_ text: String) throws(PrintFormatError) {
        let print = try PrintFormat(parsing: text, types: types)
        try compile(print.pieces, arguments: print.arguments)
        builder.endsLine = true
    }

    /// kernel/trace/trace_events_synth.c, `print_synth_event`: blanks between the fields, where the format has commas.
    private mutating func compileSynthetic() throws(PrintFormatError) {
        let print = try PrintFormat(parsing: format.printFormat, types: types)
        try builder.literal("\(format.name): ")
        builder.markTextStart()
        let pieces = print.pieces.enumerated().map { index, piece -> FormatPiece in
            guard case .literal(let bytes) = piece, index > 0, bytes.starts(with: Array(", ".utf8)) else {
                return piece
            }
            return .literal(Array(bytes.dropFirst()))
        }
        if format.fields.contains(where: { $0.type == "gfp_t" }) {
            assume("the names of gfp_t flags are not in the format")
        }
        try compile(pieces, arguments: print.arguments)
    }
}

/// The entries of system `ftrace`, as trace_output.c prints them, written as print formats. Functions that start with
/// `__trace_` exist in this compiler only.
enum FtraceStyles {
    static let printFormats: [String: String] = [
        "function":
            #""%s%s", __trace_ip(REC->ip), REC->parent_ip ? __trace_join(" <-", __trace_ip(REC->parent_ip)) : """#,
        "func_repeats": #"""
        "%s%s (repeats: %u, last_ts: %5lu.%06lu)", __trace_ip(REC->ip),
        REC->parent_ip ? __trace_join(" <-", __trace_ip(REC->parent_ip)) : "", REC->count,
        (__trace_time() - (((u64)REC->top_delta_ts << 32) | REC->bottom_delta_ts) + 500) / 1000 / 1000000,
        (__trace_time() - (((u64)REC->top_delta_ts << 32) | REC->bottom_delta_ts) + 500) / 1000 % 1000000
        """#,
        "kernel_stack": #""<stack trace>\n%s", __trace_stack(caller)"#,
        "user_stack": #""<user stack trace>\n%s", __trace_user_stack(caller)"#,
        "print": #""%s: %s", __trace_ip(REC->ip), REC->buf"#,
        "bputs": #""%s: %s", __trace_ip(REC->ip), REC->str"#,
        "bprint": #""%s: %s", __trace_ip(REC->ip), __trace_printf(fmt, buf)"#,
        "raw_data": ##""# %x buf:%s", REC->id, __trace_bytes(buf)"##,
        "hwlat": #"""
        "#%-5u inner/outer(us): %4llu/%-5llu ts:%lld.%09ld count:%d%s", REC->seqnum, REC->duration,
        REC->outer_duration, REC->tv_sec, REC->tv_nsec, REC->count, REC->nmi_count
        ? __trace_join(" nmi-total:", __trace_decimal(REC->nmi_total_ts), " nmi-count:", __trace_decimal(REC->nmi_count))
        : ""
        """#,
        "osnoise": #"""
        "%llu %10llu %3llu.%05llu %7llu %6u %6u %6u %6u %6u", REC->runtime, REC->noise,
        (REC->runtime - REC->noise) * 10000000 / REC->runtime / 100000,
        (REC->runtime - REC->noise) * 10000000 / REC->runtime % 100000, REC->max_sample, REC->hw_count,
        REC->nmi_count, REC->irq_count, REC->softirq_count, REC->thread_count
        """#,
        "timerlat": #"""
        "#%-5u context %6s timer_latency %9llu ns", REC->seqnum, REC->context ? "thread" : "irq",
        REC->timer_latency
        """#,
        "branch": #""[%s] %s:%s:%d", REC->correct ? "  ok  " : " MISS ", REC->func, REC->file, REC->line"#,
        "context_switch": taskSwitch("==>"),
        "wakeup": taskSwitch("  +"),
    ]

    /// `trace_ctxwake_print`; the letters are those of `task_index_to_char`.
    private static func taskSwitch(_ arrow: String) -> String {
        let letters = "RSDTtXZPI".enumerated().map { "{ \($0.offset), \"\($0.element)\" }" }.joined(separator: ", ")
        return #"" %7d:%3d:%s \#(arrow) [%03d] %7d:%3d:%s %s", REC->prev_pid, REC->prev_prio, "#
            + "__print_symbolic(REC->prev_state, \(letters)), REC->next_cpu, REC->next_pid, REC->next_prio, "
            + "__print_symbolic(REC->next_state, \(letters)), __trace_task(REC->next_pid)"
    }
}
