import Glibc
import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// What this agent has cost its node so far.
struct ProcessCost: Equatable {
    /// User and system time of all threads.
    var cpu: Duration
    /// Bytes.
    var resident: UInt64
    /// Bytes of pages before and after they were packed.
    var raw: UInt64
    var packed: UInt64

    /// Counted where batches are made, in all reading threads.
    static let rawBytes = Atomic<UInt64>(0)
    static let packedBytes = Atomic<UInt64>(0)

    static func current() -> ProcessCost {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessCost(
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime), resident: TaskList.ownResidentBytes(),
            raw: rawBytes.load(ordering: .relaxed), packed: packedBytes.load(ordering: .relaxed))
    }

    /// User and system time of the calling thread.
    static var ofThisThread: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }

    var vitals: WireVitals {
        var vitals = WireVitals()
        vitals.cpuNs = UInt64(cpu.wholeNanoseconds)
        vitals.residentBytes = resident
        vitals.rawBytes = raw
        vitals.packedBytes = packed
        return vitals
    }
}
