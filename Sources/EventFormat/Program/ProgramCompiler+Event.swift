/// Selects how the kernel prints an event. Print formats give only a part of the kernel's text.
extension ProgramCompiler {
    mutating func compileEvent() throws(PrintFormatError) {
        if format.system == "syscalls" && format.fields.first?.name == "__syscall_nr" {
            try compileSyscall()
        } else if let first = format.fields.first?.name, first == "__probe_ip" || first == "__probe_func" {
            try compileProbe()
        } else if let target = kernel.eventProbes[format.fullName] {
            try compileEventProbe(of: target)
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

    /// Entries that kernel/trace/trace_output.c prints with special functions.
    private mutating func compileFtrace(_ text: String) throws(PrintFormatError) {
        let print = try PrintFormat(parsing: text, types: types)
        try compile(print.pieces, arguments: print.arguments)
        builder.endsLine = true
    }
}
