import SystemFacts
import Tracefs

/// Which threads a session leaves out of its trace, decided so that no other task's event is missed unseen. No I/O.
///
/// The kernel can add to the list but not remove from it: it has to be emptied and written anew. While that lasts, the
/// per-CPU mark "the running task is listed" (`ignore_pid` in kernel/trace/trace_events.c) is not kept up to date. A CPU
/// that ran a listed thread when it began ignores whatever runs next, for milliseconds, and the kernel does not count
/// that. So numbers of threads that have ended stay listed, and so do threads of Fleetrace that no session knows any
/// more. The list is written anew only when the kernel has given a number to another task, and then that is a gap.
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

    /// Each listed thread, and when it started (`TaskList.startTime`); 0 for one that had ended already.
    private var started: [Int32: UInt64] = [:]
    private var lastUpdate: MonotonicRawInstant?

    /// For a session without a list.
    init() {}

    /// For a list that an earlier agent has written. Nobody knows when its threads started: those that run Fleetrace now
    /// did then, and every other task that has such a number got it later.
    ///
    /// - Parameter startTime: of a task that runs Fleetrace; nil for others.
    init(listed: some Sequence<Int32>, now: MonotonicRawInstant, startTime: (Int32) -> UInt64?) {
        for thread in listed { started[thread] = startTime(thread) ?? 0 }
        lastUpdate = now
    }

    /// When a task started, if it runs Fleetrace.
    static func startTime(ofFleetrace thread: Int32) -> UInt64? {
        isFleetrace(thread) ? TaskList.startTime(of: thread) : nil
    }

    /// No more are listed: each is looked at again and again. Threads beyond it are traced like others.
    static let most = 8192

    var listed: Set<Int32> { Set(started.keys) }

    /// What the kernel's list should hold.
    struct Update: Equatable {
        var listed: Set<Int32>
        /// Another task has the number of a listed thread since then at the earliest, and its events were left out.
        var missingSince: MonotonicRawInstant?
    }

    /// Decides about the threads that are to be left out now.
    ///
    /// - Parameter startTime: when the task of this number started; nil if there is none.
    mutating func update(
        wanted: Set<Int32>, now: MonotonicRawInstant, startTime: (Int32) -> UInt64?
    ) -> Update {
        defer { lastUpdate = now }
        let taken = started.contains { thread, start in
            guard !wanted.contains(thread), let present = startTime(thread) else { return false }
            return present != start
        }
        // What has to be written anew is written without the numbers that nobody needs.
        if taken { started = started.filter { wanted.contains($0.key) } }
        for thread in wanted where started[thread] == nil && started.count < Self.most {
            started[thread] = startTime(thread) ?? 0
        }
        return Update(listed: listed, missingSince: taken ? lastUpdate : nil)
    }
}
