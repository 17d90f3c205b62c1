import SystemFacts
import Tracefs

/// Which threads a session leaves out of its trace, decided so that the kernel's list is rewritten as rarely as can be.
///
/// The kernel can add to the list but not remove from it: it has to be emptied and written anew, and while that lasts
/// events of other tasks may be missed, uncounted, since the per-CPU mark "the running task is listed" is stale for a
/// moment (`ignore_pid` in kernel/trace/trace_events.c). So numbers of threads that have ended stay listed. They do no
/// harm until the kernel gives one of them to another task.
struct UntracedThreads {
    /// Own threads, and those of the other Fleetrace processes here: tracing their system calls would cause more of
    /// them. An excluded process that has ended in the meantime has no threads.
    static func wanted(excludedProcesses: [Int32]) throws(TracefsError) -> Set<Int32> {
        var threads = Set(try TracefsError.translating(TaskList.ownThreads))
        for pid in excludedProcesses where isFleetrace(pid) {
            threads.formUnion((try? TaskList.threads(of: pid)) ?? [])
        }
        return threads
    }

    /// The list comes over the network: nobody may hide another program from a trace with it.
    private static func isFleetrace(_ pid: Int32) -> Bool {
        TaskList.program(of: pid)?.hasPrefix("fleetrace") ?? false
    }

    private(set) var listed: Set<Int32> = []
    /// Listed threads that are no longer wanted, and since when.
    private var leaving: [Int32: MonotonicRawInstant] = [:]

    /// A thread that is no longer wanted and still lives is most likely about to end.
    private static let grace = Duration.seconds(2)
    /// A list longer than this is rewritten all the same.
    private static let mostLeaving = 4096

    /// Decides about the threads that are to be left out now.
    ///
    /// - Parameters:
    ///   - isAlive: whether a thread of this number exists.
    /// - Returns: what the kernel's list should hold.
    mutating func update(wanted: Set<Int32>, now: MonotonicRawInstant, isAlive: (Int32) -> Bool) -> Set<Int32> {
        let surplus = listed.subtracting(wanted)
        leaving = leaving.filter { surplus.contains($0.key) }
        for thread in surplus where leaving[thread] == nil { leaving[thread] = now }
        let mustGo = leaving.contains { $0.value.duration(to: now) >= Self.grace && isAlive($0.key) }
        if mustGo || leaving.count > Self.mostLeaving {
            leaving.removeAll()
            listed = wanted
        } else {
            listed.formUnion(wanted)
        }
        return listed
    }
}
