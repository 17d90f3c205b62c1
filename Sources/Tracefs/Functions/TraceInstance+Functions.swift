import Glibc

/// The function tracers of an instance.
///
/// The tracer has to be chosen before a pipe is open: the kernel refuses to change it while one is (EBUSY, `trace_ref` in
/// kernel/trace/trace.c). It is gone with the instance.
extension TraceInstance {
    /// Chooses the functions. A word is a pattern of names or the number of a ``TraceableFunctions/Function``.
    ///
    /// - Parameters:
    ///   - words: none for all functions. One that selects nothing is an error.
    ///   - excluded: of those, the functions that are left out.
    public func setFunctionFilter(_ words: [String], except excluded: [String]) throws(TracefsError) {
        try setWords(words, in: "set_ftrace_filter")
        try setWords(excluded, in: "set_ftrace_notrace")
    }

    private func setWords(_ words: [String], in relative: String) throws(TracefsError) {
        do {
            try ControlFile.writeWords(words, to: file(relative))
        } catch {
            throw describing(error.explainingMissing(file(relative), "it cannot select functions"))
        }
    }

    /// The functions that are chosen, by name; nil for all.
    public func functionFilter() throws(TracefsError) -> Set<String>? {
        ControlFile.functionNames(try text("set_ftrace_filter"))
    }

    /// The functions that are left out, by name.
    public func excludedFunctions() throws(TracefsError) -> Set<String> {
        ControlFile.functionNames(try text("set_ftrace_notrace")) ?? []
    }

    /// Traces functions in the context of these threads only, and of tasks that they start from now on.
    public func setFunctionPIDs(_ pids: some Sequence<Int32>) throws(TracefsError) {
        try setOption("function-fork", true)
        try write(Self.list(Set(pids)), to: "set_ftrace_pid", meaning: "it cannot trace functions of single tasks")
    }

    /// Records the entry of each chosen function from now on, as far as recording is on.
    ///
    /// Before Linux 7.0 an option is one for all buffers, read when a tracer begins or the option of its own buffer is
    /// set (`func_flags` in kernel/trace/trace_functions.c); so it is set for this moment, and tracers that begin later
    /// do not have it.
    public func traceFunctions(_ options: Set<FunctionTracer.Option>) throws(TracefsError) {
        try setTracer(.function)
        for option in options.map(\.rawValue).sorted() {
            let shared = root.file("options/\(option)")
            let wasOn = (try? ControlFile.text(shared))?.hasPrefix("1") ?? true
            try setOption(option, true)
            if !wasOn, (try? root.currentTracer()) != FunctionTracer.function.rawValue {
                try? ControlFile.write("0", to: shared)
            }
        }
    }

    func has(_ option: FunctionTracer.Option) -> Bool {
        ControlFile.exists(file("options/\(option.rawValue)"))
    }

    func setTracer(_ tracer: FunctionTracer) throws(TracefsError) {
        try excludeThreadsFromTracers()
        try write(tracer.rawValue, to: "current_tracer", meaning: "it has no tracers")
    }

    /// The tracer in use; nil for none.
    public func currentTracer() throws(TracefsError) -> FunctionTracer? {
        FunctionTracer(rawValue: String(try text("current_tracer").prefix { !$0.isWhitespace }))
    }
}

extension TracefsRoot {
    /// The tracer of the top-level buffer.
    func currentTracer() throws(TracefsError) -> String {
        String(try ControlFile.text(file("current_tracer")).prefix { !$0.isWhitespace })
    }

    /// The tracer of an instance of any owner.
    func currentTracer(instance: String) throws(TracefsError) -> String {
        String(try ControlFile.text(file("instances/\(instance)/current_tracer")).prefix { !$0.isWhitespace })
    }
}

extension ControlFile {
    /// Replaces the content of a filter of functions. The kernel reads a word from each write(2), and applies all of them
    /// together when the file is closed.
    static func writeWords(_ words: [String], to path: String) throws(TracefsError) {
        let file = try OpenFile(path, flags: O_WRONLY | O_TRUNC)
        for word in words { try file.write(word + "\n") }
    }

    /// The names in such a filter; nil where it has none and all functions are meant.
    static func functionNames(_ text: String) -> Set<String>? {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return lines.isEmpty ? nil : Set(lines.map { String($0.prefix { $0 != " " && $0 != ":" }) })
    }
}
