/// The tables that map numbers in records to names.
extension TracefsRoot {
    /// `/proc/kallsyms` with all modules can have tens of megabytes.
    static let kallsymsLimit = 128 << 20

    /// The strings to which trace_printk records refer by address, as the kernel prints them
    /// (`0xffffffff8281972f : "text"`).
    public func printkFormats() throws(TracefsError) -> String { try ControlFile.text(file("printk_formats")) }

    /// The kernel's short description of its tracing files. Some features can only be detected from it.
    public func readmeText() throws(TracefsError) -> String { try ControlFile.text(file("README")) }

    /// Names of tasks that had events while recording. There is one table for the whole kernel, with the last
    /// `saved_cmdlines_size` tasks. The kernel saves a task's name when the CPU switches away from it after an event,
    /// unless another CPU is saving at that moment (kernel/trace/trace_sched_switch.c). So a task with a very recent
    /// event may be missing. Read the table during a session and after it, and read missing names from /proc.
    ///
    /// - Returns: the table as the kernel prints it, lines of a pid and a name.
    public func savedCmdlines() throws(TracefsError) -> [UInt8] { try ControlFile.read(file("saved_cmdlines")) }

    /// `/proc/kallsyms`. The addresses are zero if `kernel.kptr_restrict` hides them from this process.
    public static func kallsyms() throws(TracefsError) -> [UInt8] {
        try ControlFile.read("/proc/kallsyms", limit: kallsymsLimit)
    }

    /// Whether the kernel hides the addresses of its symbols from this process (`kernel.kptr_restrict`, kallsyms_show_value
    /// of kernel/ksyms_common.c): it states zeros, for all of them.
    public static func hidesSymbols() throws(TracefsError) -> Bool {
        // The first lines may be symbols of CPUs, which count from 0; some are not.
        let start = try ControlFile.beginning(of: "/proc/kallsyms", bytes: 1 << 16)
        let lines = start.split(separator: UInt8(ascii: "\n")).dropLast()
        return !lines.isEmpty
            && lines.allSatisfy { $0.prefix { $0 != UInt8(ascii: " ") }.allSatisfy { $0 == UInt8(ascii: "0") } }
    }

    /// The trace clocks that an instance can use.
    public func availableClocks() throws(TracefsError) -> [String] {
        TraceClocks(text: try ControlFile.text(file("trace_clock"))).names
    }
}

/// Reads `trace_clock`: all clocks, with the current one in brackets.
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
