import CLinux
import SystemFacts

/// Waits for events that are being written.
///
/// An event gets its time stamp before it becomes readable. A thread on another CPU that reads the clock and then
/// drains the buffer can therefore miss an event that is older than its reading, and a watermark of that reading would
/// be a lie: by tens of milliseconds where a hypervisor halts the CPU in between. There are two ways to an honest one for CPU c:
///
/// - read the clock on c itself (``CPUAffinity/pinCurrentThread(to:)``): an event is written without preemption, so
///   while another thread runs there none is unfinished; or
/// - read the clock anywhere, then ``synchronize()``, which covers all CPUs at once and wakes no idle one.
///
/// After either, ``PagedReader/drain(into:through:)`` with that reading is complete in the full sense.
public enum RecordingBarrier {
    /// Returns when every event whose time stamp had been taken before the call is readable.
    ///
    /// membarrier(2) with MEMBARRIER_CMD_GLOBAL is synchronize_rcu() (kernel/sched/membarrier.c), which since Linux 4.20
    /// waits for every region that runs without preemption; the ring buffer is such a region from before the time
    /// stamp until after the commit (ring_buffer_lock_reserve, ring_buffer_unlock_commit in kernel/trace/ring_buffer.c).
    /// It sleeps for a grace period: milliseconds to tens of milliseconds.
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)`` on kernels that run with `nohz_full` or are built without
    ///   CONFIG_MEMBARRIER: there the pinned way remains.
    public static func synchronize() throws(TracefsError) {
        let result = linux_membarrier_global()
        guard result == 0 else {
            throw .unsupported(
                what: "membarrier", reason: "\(errnoText(-result)) (the kernel runs with nohz_full or lacks it)")
        }
    }
}
