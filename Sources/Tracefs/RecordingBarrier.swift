import CLinux
import SystemFacts

/// Waits for events that the kernel is writing.
///
/// An event gets its time stamp before it becomes readable. A thread on another CPU that reads the clock and then
/// drains the buffer can therefore miss an event that is older than its reading, by tens of milliseconds if a
/// hypervisor halts the CPU in between. That reading would be a wrong watermark. There are two ways to get a right one
/// for CPU c:
///
/// - Read the clock on c itself (``CPUAffinity/pinCurrentThread(to:)``). Events are written without preemption, so
///   while another thread runs there none is unfinished.
/// - Read the clock on any CPU, then call ``synchronize()``, which covers all CPUs and wakes no idle one.
///
/// After either, ``PagedReader/drain(into:through:)`` with that reading misses no event.
public enum RecordingBarrier {
    /// Returns when every event that got its time stamp before the call is readable.
    ///
    /// membarrier(2) with MEMBARRIER_CMD_GLOBAL calls synchronize_rcu() (kernel/sched/membarrier.c), which since Linux
    /// 4.20 waits for all code that runs with preemption disabled. The ring buffer disables preemption from before the
    /// time stamp until after the commit (ring_buffer_lock_reserve, ring_buffer_unlock_commit in
    /// kernel/trace/ring_buffer.c). The call sleeps for a grace period: milliseconds to tens of milliseconds.
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)`` on kernels that run with `nohz_full` or are built without
    ///   CONFIG_MEMBARRIER. Pin a thread there.
    public static func synchronize() throws(TracefsError) {
        let result = linux_membarrier_global()
        guard result == 0 else {
            throw .unsupported(
                what: "membarrier", reason: "\(errnoText(-result)) (the kernel runs with nohz_full or lacks it)")
        }
    }
}
