import EventFormat

/// A task's name as the kernel keeps it, as plain memory: at most 15 bytes (TASK_COMM_LEN of include/linux/sched.h,
/// without the NUL); the sixteenth byte is their number.
struct TaskName {
    private var words: (UInt64, UInt64) = (0, 0)

    static let longest = 15
    /// What the kernel prints for the idle task, for impossible pids and for tasks that it does not know
    /// (`__trace_find_cmdline` of kernel/trace/trace_sched_switch.c).
    static let idle = TaskName("<idle>".utf8)
    static let invalid = TaskName("<XXX>".utf8)
    static let unknown = TaskName("<...>".utf8)

    /// The first 15 bytes of a name.
    init(_ name: some Collection<UInt8>) {
        let length = min(name.count, Self.longest)
        withUnsafeMutableBytes(of: &words) {
            $0.copyBytes(from: name.prefix(length))
            $0[Self.longest] = UInt8(length)
        }
    }

    @inline(__always) var count: Int { Int(UInt8(truncatingIfNeeded: UInt64(littleEndian: words.1) >> 56)) }

    /// The name's bytes, and zeros after them.
    @inline(__always) var padded: (UInt64, UInt64) { (words.0, (words.1 << 8) >> 8) }

    /// Runs `body` with the name's bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}

extension TextBuffer {
    mutating func append(_ name: TaskName) {
        name.withBytes { append($0) }
    }
}
