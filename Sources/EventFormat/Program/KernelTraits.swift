/// What the compiler needs to know about the recorded kernel, apart from the event's own format.
struct KernelTraits: Sendable {
    /// Size of `long` and of pointers in bytes: 4 or 8.
    var longSize = 8
    /// Values of enumerators in print formats.
    var constants = KernelConstants.wellKnown
    /// Timer ticks per second (CONFIG_HZ).
    var ticksPerSecond: UInt64?
    /// The events to which eprobes are attached, as `system.event`, by the full name of the probe.
    var eventProbes: [String: String] = [:]
    /// The version.
    var release = KernelRelease.latest

    /// How to print system call arguments. Their prefix came with Linux 6.18, and the formats did not change.
    var syscallStyle: SyscallStyle { release < KernelRelease(6, 18) ? .hexadecimal : .prefixed }
}

/// How `print_syscall_enter` of kernel/trace/trace_syscalls.c prints an argument's value.
enum SyscallStyle: Sendable {
    /// `ffffff9c`, up to Linux 6.17.
    case hexadecimal
    /// `3` below ten, else `0xffffff9c`, since Linux 6.18.
    case prefixed
}
