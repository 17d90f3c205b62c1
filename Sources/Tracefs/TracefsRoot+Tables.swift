/// The tables with which a reader turns numbers in records into names.
extension TracefsRoot {
    /// `/proc/kallsyms` with its modules can reach tens of megabytes.
    static let kallsymsLimit = 128 << 20

    /// The strings that trace_printk records refer to by address, as the kernel prints them
    /// (`0xffffffff8281972f : "text"`).
    public func printkFormats() throws(TracefsError) -> String { try ControlFile.text(file("printk_formats")) }

    /// The kernel's short description of its tracing files. For some abilities it is the only place where they show.
    public func readmeText() throws(TracefsError) -> String { try ControlFile.text(file("README")) }

    /// Names of tasks that were seen while recording. It is one table for the whole kernel and holds the last
    /// `saved_cmdlines_size` tasks. A task's name is saved when its CPU switches away from it after an event, unless
    /// another CPU is saving at that moment (kernel/trace/trace_sched_switch.c), so one that only just recorded an
    /// event may be missing: read it during a session and after it, and take missing ones from /proc.
    public func savedCmdlines() throws(TracefsError) -> [Int32: String] {
        Self.savedCmdlines(try ControlFile.text(file("saved_cmdlines")))
    }

    /// The same table as the kernel prints it, for those who pass it on.
    public func savedCmdlinesText() throws(TracefsError) -> String { try ControlFile.text(file("saved_cmdlines")) }

    /// The same as bytes, for those who read it again and again.
    public func savedCmdlinesBytes() throws(TracefsError) -> [UInt8] {
        try ControlFile.read(file("saved_cmdlines"))
    }

    /// `/proc/kallsyms` as it is. The addresses are zero if `kernel.kptr_restrict` hides them from this process.
    public static func kallsyms() throws(TracefsError) -> [UInt8] {
        try ControlFile.read("/proc/kallsyms", limit: kallsymsLimit)
    }

    /// The clocks that an instance can have.
    public func availableClocks() throws(TracefsError) -> [String] {
        TraceClocks(text: try ControlFile.text(file("trace_clock"))).names
    }

    /// Reads `PID COMM` lines. A name may hold spaces; the kernel's own placeholder `<...>` stands for none and
    /// is left out, as are lines that do not read so.
    static func savedCmdlines(_ text: String) -> [Int32: String] {
        var names: [Int32: String] = [:]
        for line in text.split(separator: "\n") {
            let trimmed = line.drop { $0 == " " }
            guard let space = trimmed.firstIndex(of: " "), let pid = Int32(trimmed[..<space]) else { continue }
            let name = trimmed[trimmed.index(after: space)...]
            if name != "<...>" { names[pid] = String(name) }
        }
        return names
    }
}

/// The text of `trace_clock`: all clocks, with the present one in brackets.
struct TraceClocks: Equatable {
    var names: [String] = []
    var current: String?

    init(text: String) {
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("["), word.hasSuffix("]"), word.count > 2 {
                let name = String(word.dropFirst().dropLast())
                current = name
                names.append(name)
            } else {
                names.append(String(word))
            }
        }
    }
}
