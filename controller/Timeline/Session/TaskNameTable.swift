import EventFormat

/// Names of tasks by pid, as they become known in the course of a session. The last one known counts, as in the
/// kernel's own `trace` file.
struct TaskNameTable {
    /// Bytes of a name and their number: 15 at most (TASK_COMM_LEN of include/linux/sched.h, without the NUL).
    private struct Name {
        var bytes: (UInt64, UInt64) = (0, 0)
        var length = 0
    }

    private static let longest = 15
    private var names: [Int32: Name] = [:]

    mutating func set(_ pid: Int32, _ comm: some Collection<UInt8>) {
        var name = Name()
        name.length = min(comm.count, Self.longest)
        withUnsafeMutableBytes(of: &name.bytes) { $0.copyBytes(from: comm.prefix(Self.longest)) }
        names[pid] = name
    }

    /// `<idle>` and `<...>` are the kernel's words for the idle task and for unknown ones
    /// (`__trace_find_cmdline` of kernel/trace/trace_sched_switch.c).
    func append(_ pid: Int32, to out: inout TextBuffer) {
        if pid == 0 { return out.append("<idle>") }
        guard let name = names[pid] else { return out.append("<...>") }
        withUnsafeBytes(of: name.bytes) { out.append(UnsafeRawBufferPointer(rebasing: $0[..<name.length])) }
    }

    func text(of pid: Int32) -> String {
        var buffer = TextBuffer(capacity: 32)
        append(pid, to: &buffer)
        return buffer.string
    }
}
