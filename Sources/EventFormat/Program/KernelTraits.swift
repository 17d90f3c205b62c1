/// What the compiler must know of the kernel that recorded, beyond the event's own format.
struct KernelTraits: Sendable {
    /// Size of `long` and of pointers in bytes: 4 or 8.
    var longSize = 8
    /// Values of the enumerators that print formats name.
    var constants = KernelConstants.wellKnown
    /// Timer ticks per second (CONFIG_HZ).
    var ticksPerSecond: UInt64?
    /// Events that eprobes are attached to, as `system.event`, by the full name of the probe.
    var eventProbes: [String: String] = [:]
    /// How system call arguments are printed.
    var syscallStyle = SyscallStyle.hexadecimal
}

/// How `print_syscall_enter` of kernel/trace/trace_syscalls.c writes an argument's value.
enum SyscallStyle: Sendable {
    /// `ffffff9c`, up to Linux 6.17.
    case hexadecimal
    /// `3` below ten and `0xffffff9c` from there on, since Linux 6.18.
    case prefixed
}
