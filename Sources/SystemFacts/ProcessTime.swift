/// How much CPU time one process has used.
public struct ProcessTime: Sendable, Hashable {
    /// Process id and start time (ticks since boot), because the kernel reuses ids.
    public struct Key: Sendable, Hashable {
        public var pid: Int32
        public var started: UInt64

        /// From its parts.
        public init(pid: Int32, started: UInt64) {
            self.pid = pid
            self.started = started
        }
    }

    public var key: Key
    /// At most 15 bytes.
    public var comm: [UInt8]
    /// User and system time of all its threads, including those that have ended, in clock ticks (sysconf(3),
    /// _SC_CLK_TCK).
    public var ticks: UInt64

    /// From its parts.
    public init(key: Key, comm: [UInt8], ticks: UInt64) {
        self.key = key
        self.comm = comm
        self.ticks = ticks
    }

    /// Reads `/proc/PID/stat` (proc_pid_stat(5)): `PID (COMM) STATE ...`. The name may hold anything, parentheses too.
    init?(_ text: [UInt8]) {
        guard let open = text.firstIndex(of: UInt8(ascii: "(")), let close = text.lastIndex(of: UInt8(ascii: ")")),
            open < close, let pid = Self.number(text[..<open].filter { $0 != UInt8(ascii: " ") })
        else { return nil }
        // The first of these is field 3 of the manual page. Fields 14, 15 and 22 are needed.
        let fields = text[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let user = Self.number(fields[11]), let system = Self.number(fields[12]),
            let started = Self.number(fields[19]), let pid = Int32(exactly: pid)
        else { return nil }
        key = Key(pid: pid, started: started)
        comm = Array(text[(open + 1)..<close])
        ticks = user &+ system
    }

    private static func number(_ digits: some Sequence<UInt8>) -> UInt64? {
        UInt64(String(decoding: Array(digits), as: UTF8.self))
    }

    /// Reads all processes, some microseconds for each. A process that ends meanwhile is left out.
    public static func ofAll() throws(SystemError) -> [ProcessTime] {
        try SystemFile.names(in: "/proc").compactMap { name in
            guard Int32(name) != nil else { return nil }
            return (try? SystemFile.read("/proc/\(name)/stat", limit: 4096)).flatMap { ProcessTime($0) }
        }
    }
}
