import Glibc
import SystemFacts

extension TraceInstance {
    /// Largest pid that the kernel's lists hold (PID_MAX_LIMIT on 64 bits).
    private static let maximumPID: Int32 = 1 << 22

    /// Leaves these threads out: no event in their context is recorded.
    ///
    /// Two events name two tasks and are dropped only if both are listed (kernel/trace/trace_events.c,
    /// event_filter_pid_sched_switch_probe_pre and ..._wakeup_probe_pre): a `sched_switch` from a listed thread to another
    /// task, or back, is recorded, and so is a `sched_wakeup` of it by another.
    ///
    /// Only changes are written: new numbers are appended, and only if one has gone the list is emptied and written
    /// anew, since the kernel knows no removal; for those microseconds nobody is left out. Take numbers of ended
    /// threads out: the kernel may give them to others.
    ///
    /// With the option `event-fork` the kernel itself follows forks and exits: threads that a listed thread starts
    /// are listed before they run.
    ///
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` before Linux 5.7.
    public func setNotracePIDs(_ pids: some Sequence<Int32>) throws(TracefsError) {
        let wanted = Set(pids)
        for pid in wanted where pid < 0 || pid > Self.maximumPID {
            throw .invalidArgument(name: "pid", value: "\(pid)", reason: "it lies between 0 and \(Self.maximumPID)")
        }
        let path = file("set_event_notrace_pid")
        let failure: TracefsError? = state.withLock { state in
            do throws(TracefsError) {
                guard state.notracePIDs.isSubset(of: wanted) else {
                    // Until the write has succeeded the kernel's list is taken to be empty, which it then is.
                    state.notracePIDs = []
                    if wanted.isEmpty {
                        try ControlFile.truncate(path)
                    } else {
                        try ControlFile.write(Self.list(wanted), to: path, flags: O_TRUNC)
                    }
                    state.notracePIDs = wanted
                    return nil
                }
                let added = wanted.subtracting(state.notracePIDs)
                guard !added.isEmpty else { return nil }
                try ControlFile.write(Self.list(added), to: path)
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

    /// Leaves all threads of this process out, those that it will start included, and their children.
    ///
    /// The option `event-fork` makes the kernel list what a listed thread forks, before that runs, and strike out what
    /// ends. So this is called once, not whenever a thread starts. Programs that the process runs are left out as well.
    ///
    /// - Throws: ``TracefsError/unsupported(what:reason:)`` in a pid namespace other than the first, where this process
    ///   does not know the numbers that the kernel compares.
    public func excludeOwnThreads() throws(TracefsError) {
        guard try TracefsError.translating(HostFacts.current).isInitialPIDNamespace else {
            throw .unsupported(
                what: "leaving out the agent's own threads",
                reason: "it runs in a pid namespace of its own (start its container with the host's, --pid=host)")
        }
        try setOption("event-fork", true)
        // A thread that an unlisted one starts after the list was read is in the next list. Once nothing is new, all are
        // in, and the kernel adds the rest. Numbers are only added here: the kernel strikes out those that end.
        var known: Set<Int32> = []
        for _ in 0..<100 {
            let threads = Set(try TracefsError.translating(TaskList.ownThreads))
            if threads.isSubset(of: known) { return }
            known.formUnion(threads)
            try setNotracePIDs(known)
        }
        throw .malformed(path: "/proc/self/task", reason: "new threads in a hundred readings")
    }

    /// Records events of these threads only, and of what they start from now on: the option `event-fork` makes the
    /// kernel list what a listed thread forks before that runs.
    ///
    /// Events that name two tasks, `sched_switch` and `sched_wakeup`, are recorded if either is listed.
    public func setPIDs(_ pids: some Sequence<Int32>) throws(TracefsError) {
        let wanted = Set(pids)
        for pid in wanted where pid < 0 || pid > Self.maximumPID {
            throw .invalidArgument(name: "pid", value: "\(pid)", reason: "it lies between 0 and \(Self.maximumPID)")
        }
        try setOption("event-fork", true)
        try write(Self.list(wanted), to: "set_event_pid", meaning: "it cannot record single tasks")
    }

    /// The threads that the kernel leaves out now, ascending.
    public func notracePIDs() throws(TracefsError) -> [Int32] {
        try text("set_event_notrace_pid").split(separator: "\n").compactMap { Int32($0) }.sorted()
    }

    /// One write takes any length (trace_pid_write in kernel/trace/trace_pid.c), and all or nothing of it. No white space
    /// at the end: the kernel would not count it as taken.
    private static func list(_ pids: Set<Int32>) -> String { pids.sorted().map(String.init).joined(separator: " ") }
}
