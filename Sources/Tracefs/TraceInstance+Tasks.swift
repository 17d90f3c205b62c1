import Glibc
import SystemFacts

extension TraceInstance {
    /// The largest pid in the kernel's lists (PID_MAX_LIMIT on 64 bits).
    private static let maximumPID: Int32 = 1 << 22

    /// Excludes these threads: events in their context are not recorded.
    ///
    /// Two events concern two tasks and are dropped only if both are listed (kernel/trace/trace_events.c,
    /// event_filter_pid_sched_switch_probe_pre and ..._wakeup_probe_pre). So a `sched_switch` between a listed thread
    /// and another task is recorded, and so is a `sched_wakeup` of a listed thread by another task.
    ///
    /// Only changes are written. New ids are appended. If one was removed, the list is emptied and written again,
    /// because the kernel cannot remove an id; for these microseconds no thread is excluded. Remove the ids of threads
    /// that ended, because the kernel may reuse them.
    ///
    /// With the option `event-fork` the kernel follows forks and exits: it adds the threads that a listed thread starts
    /// before they run.
    ///
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` before Linux 5.7.
    public func setNotracePIDs(_ pids: some Sequence<Int32>) throws(TracefsError) {
        let wanted = Set(pids)
        for pid in wanted where pid < 0 || pid > Self.maximumPID {
            throw .invalidArgument(name: "pid", value: "\(pid)", reason: "it must be between 0 and \(Self.maximumPID)")
        }
        let path = file(Self.eventExclusions)
        let failure: TracefsError? = state.withLock { state in
            let paths = [path] + (state.hasTracer ? [file(Self.functionExclusions)] : [])
            do throws(TracefsError) {
                guard state.notracePIDs.isSubset(of: wanted) else {
                    // If a write fails, the kernel's list is empty.
                    state.notracePIDs = []
                    for path in paths {
                        if wanted.isEmpty {
                            try ControlFile.truncate(path)
                        } else {
                            try ControlFile.write(Self.list(wanted), to: path, flags: O_TRUNC)
                        }
                    }
                    state.notracePIDs = wanted
                    return nil
                }
                let added = wanted.subtracting(state.notracePIDs)
                guard !added.isEmpty else { return nil }
                for path in paths { try ControlFile.write(Self.list(added), to: path) }
                state.notracePIDs = wanted
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            throw describing(
                failure.explainingMissing(path, "leaving the agent's own threads out of a trace needs Linux 5.7"))
        }
    }

    static let eventExclusions = "set_event_notrace_pid"
    /// The same list for tracers of functions, since Linux 5.8.
    private static let functionExclusions = "set_ftrace_notrace_pid"

    /// Before a tracer of functions begins: it leaves out the same threads as events do, from now on.
    func excludeThreadsFromTracers() throws(TracefsError) {
        let failure: TracefsError? = state.withLock { state in
            do throws(TracefsError) {
                if !state.notracePIDs.isEmpty {
                    try ControlFile.write(
                        Self.list(state.notracePIDs), to: file(Self.functionExclusions), flags: O_TRUNC)
                }
                state.hasTracer = true
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw describing(failure) }
    }

    /// Excludes all threads of this process, including future ones, and their children.
    ///
    /// With the option `event-fork` the kernel adds a task that a listed thread forks before the task runs, and removes
    /// tasks that end. So this is called once, not for each new thread. Programs that the process runs are excluded
    /// too.
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)`` outside of the initial pid namespace, where this process
    ///   does
    ///   not know the ids that the kernel compares.
    public func excludeOwnThreads() throws(TracefsError) {
        guard try TracefsError.translating(HostFacts.current).isInitialPIDNamespace else {
            throw .unsupported(
                what: "leaving out the agent's own threads",
                reason: "it runs in a pid namespace of its own (start its container with the host's, --pid=host)")
        }
        try setOption("event-fork", true)
        // A thread that an unlisted thread starts after the list was read is in the next list. When a list has nothing
        // new, all threads are listed, and the kernel adds later ones. Ids are only added here: the kernel removes
        // those that end.
        var known: Set<Int32> = []
        for _ in 0..<100 {
            let threads = Set(try TracefsError.translating(TaskList.ownThreads))
            if threads.isSubset(of: known) { return }
            known.formUnion(threads)
            try setNotracePIDs(known)
        }
        throw .malformed(path: "/proc/self/task", reason: "new threads in a hundred readings")
    }

    /// Records only events of these threads and of tasks that they start from now on. With the option `event-fork` the
    /// kernel adds a task that a listed thread forks before the task runs.
    ///
    /// Events that concern two tasks, `sched_switch` and `sched_wakeup`, are recorded if either is listed.
    public func setPIDs(_ pids: some Sequence<Int32>) throws(TracefsError) {
        let wanted = Set(pids)
        for pid in wanted where pid < 0 || pid > Self.maximumPID {
            throw .invalidArgument(name: "pid", value: "\(pid)", reason: "it must be between 0 and \(Self.maximumPID)")
        }
        try setOption("event-fork", true)
        try write(Self.list(wanted), to: "set_event_pid", meaning: "it cannot record single tasks")
    }

    /// The threads that the kernel excludes now, ascending.
    public func notracePIDs() throws(TracefsError) -> [Int32] {
        try text(Self.eventExclusions).split(separator: "\n").compactMap { Int32($0) }.sorted()
    }

    /// One write may have any length (trace_pid_write in kernel/trace/trace_pid.c), and the kernel accepts all of it or
    /// nothing. There is no white space at the end, because the kernel would not count it as written.
    static func list(_ pids: Set<Int32>) -> String { pids.sorted().map(String.init).joined(separator: " ") }
}
