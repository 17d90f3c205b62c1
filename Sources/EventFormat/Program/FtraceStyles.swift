/// The entries of system `ftrace`, written as print formats that give the same text as trace_output.c. Functions that
/// start with `__trace_` exist only in this compiler.
enum FtraceStyles {
    static let printFormats: [String: String] = [
        "function":
            #""%s%s%s", __trace_ip(REC->ip), __trace_arguments(ip, args), REC->parent_ip ? __trace_join(" <-", __trace_ip(REC->parent_ip)) : """#,
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

    /// `trace_ctxwake_print`, with the letters of `task_index_to_char`.
    private static func taskSwitch(_ arrow: String) -> String {
        let letters = "RSDTtXZPI".enumerated().map { "{ \($0.offset), \"\($0.element)\" }" }.joined(separator: ", ")
        return #"" %7d:%3d:%s \#(arrow) [%03d] %7d:%3d:%s %s", REC->prev_pid, REC->prev_prio, "#
            + "__print_symbolic(REC->prev_state, \(letters)), REC->next_cpu, REC->next_pid, REC->next_prio, "
            + "__print_symbolic(REC->next_state, \(letters)), __trace_task(REC->next_pid)"
    }
}
