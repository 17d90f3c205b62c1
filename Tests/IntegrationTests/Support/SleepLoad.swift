import CLinux
import Foundation
import Synchronization

/// A thread that sleeps a number of times and measures each sleep by the clock of the kernel's events.
enum SleepLoad {
    /// - Parameters:
    ///   - name: of the thread.
    ///   - nanoseconds: of each sleep.
    /// - Returns: how long each took, in ns, from before the call to after it.
    static func run(_ name: String, times: Int, nanoseconds: Int) async -> [UInt64] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                linux_set_thread_name(name)
                let measured = (0..<times).map { _ in
                    var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
                    let begin = linux_monotonic_raw()
                    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
                    return linux_monotonic_raw() - begin
                }
                continuation.resume(returning: measured)
            }
        }
    }
}
