import CLinux
import Glibc

/// Threads and their names, from procfs.
public enum TaskList {
    /// The thread ids of a process, ascending, in the pid namespace of the mounted procfs.
    public static func threads(of pid: Int32) throws(SystemError) -> [Int32] {
        try SystemFile.names(in: "/proc/\(pid)/task").compactMap { Int32($0) }.sorted()
    }

    /// The threads that a user means by an id: all threads of a process, or the one thread with that id. Empty if there
    /// is neither.
    public static func threads(meantBy pid: Int32) -> [Int32] {
        guard exists(pid) else { return [] }
        // /proc/TID/task of any thread lists its whole process.
        let status = (try? SystemFile.text("/proc/\(pid)/status", limit: 64 << 10)) ?? ""
        let group = status.split(separator: "\n").first { $0.hasPrefix("Tgid:") }.flatMap { line in
            Int32(line.dropFirst(5).drop { $0 == "\t" || $0 == " " })
        }
        return group == pid ? (try? threads(of: pid)) ?? [] : [pid]
    }

    /// The thread ids of this process, for `set_event_notrace_pid`. They are the kernel's own ids only in the initial
    /// pid namespace; see ``HostFacts/isInitialPIDNamespace``.
    public static func ownThreads() throws(SystemError) -> [Int32] {
        try SystemFile.names(in: "/proc/self/task").compactMap { Int32($0) }.sorted()
    }

    /// Whether a task with this id exists. A zombie counts.
    public static func exists(_ thread: Int32) -> Bool { access("/proc/\(thread)", F_OK) == 0 }

    /// When a task started, in clock ticks since the machine's start (proc_pid_stat(5), `starttime`); nil if no task has
    /// this id. Together with the id it names one task: the kernel uses ids again.
    public static func startTime(of thread: Int32) -> UInt64? {
        fieldsBehindName(of: thread).dropFirst(19).first.flatMap { UInt64($0) }
    }

    /// The fields of /proc/PID/stat behind the name, `state` first; none if no task has this id. The name stands in
    /// parentheses and may hold blanks and parentheses itself.
    private static func fieldsBehindName(of thread: Int32) -> [Substring] {
        guard let text = try? SystemFile.text("/proc/\(thread)/stat", limit: 4096), let end = text.lastIndex(of: ")")
        else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// The calling thread's id.
    public static func currentThread() -> Int32 { linux_gettid() }

    /// The process's id.
    public static func currentProcess() -> Int32 { getpid() }

    /// The name of a task (at most 15 bytes), or nil if no task has this id.
    public static func comm(of pid: Int32) -> String? {
        guard let text = try? SystemFile.text("/proc/\(pid)/comm", limit: 4096) else { return nil }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// The file name of the program that a process runs, or nil if there is no such process.
    public static func program(of pid: Int32) -> String? {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/\(pid)/exe", &path, path.count - 1)
        guard length > 0 else { return nil }
        let text = String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.split(separator: "/").last.map(String.init)
    }

    /// The parent of a process (proc_pid_stat(5), `ppid`); nil if no process has this id.
    public static func parent(of pid: Int32) -> Int32? {
        fieldsBehindName(of: pid).dropFirst().first.flatMap { Int32($0) }
    }

    /// The processes that a process has started, and those that they have started, as far as they still run.
    public static func descendants(of pid: Int32) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for process in ((try? SystemFile.names(in: "/proc")) ?? []).compactMap({ Int32($0) }) {
            if let parent = parent(of: process) { children[parent, default: []].append(process) }
        }
        var found: [Int32] = []
        var next = [pid]
        while let parent = next.popLast() {
            // Numbers may be used again while this reads: nothing is found twice.
            let new = (children.removeValue(forKey: parent) ?? []).filter { $0 != pid }
            found += new
            next += new
        }
        return found
    }

    /// Resident memory of this process in bytes, from /proc/self/statm. 0 if it cannot be read.
    public static func ownResidentBytes() -> UInt64 {
        let fields = ((try? SystemFile.text("/proc/self/statm", limit: 4096)) ?? "").split(separator: " ")
        return fields.count > 1 ? (UInt64(fields[1]) ?? 0) * UInt64(getpagesize()) : 0
    }

    /// How many threads there are on this machine, from /proc/loadavg. 0 if it cannot be read.
    public static func count() -> Int {
        let text = (try? SystemFile.text("/proc/loadavg", limit: 4096)) ?? ""
        // `0.20 0.18 0.12 1/80 11206`: the fourth field is those that run and all (proc_loadavg(5)).
        let fields = text.split(separator: " ")
        return fields.count > 3 ? fields[3].split(separator: "/").last.flatMap { Int($0) } ?? 0 : 0
    }

    /// The names of all current tasks, by thread id. A task that ends meanwhile is left out.
    public static func commsOfAll() throws(SystemError) -> [Int32: String] {
        var names: [Int32: String] = [:]
        for pid in try SystemFile.names(in: "/proc").compactMap({ Int32($0) }) {
            for thread in (try? threads(of: pid)) ?? [] {
                names[thread] = comm(of: thread)
            }
        }
        return names
    }
}
