import Glibc
import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// What this agent has cost its node so far.
struct ProcessCost: Equatable {
    /// User and system time of all threads; ns.
    var cpu: UInt64
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
            cpu: nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), resident: TaskList.ownResidentBytes(),
            raw: rawBytes.load(ordering: .relaxed), packed: packedBytes.load(ordering: .relaxed))
    }

    private static func nanoseconds(_ time: timeval) -> UInt64 {
        UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
    }

    var vitals: WireVitals {
        var vitals = WireVitals()
        vitals.cpuNs = cpu
        vitals.residentBytes = resident
        vitals.rawBytes = raw
        vitals.packedBytes = packed
        return vitals
    }
}
