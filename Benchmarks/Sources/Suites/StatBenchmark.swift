import Foundation

/// What counting costs a node: the processor time of a fixed load, plus that of the program that counts it. Once for
/// `fleetrace stat`, and once for `perf stat -a` with the same events.
enum StatBenchmark {
    private static let events = [
        "raw_syscalls:sys_enter", "raw_syscalls:sys_exit", "sched:sched_switch", "page-faults", "context-switches",
    ]
    /// Rounds of load, some 650 system calls each.
    private static let rounds = 1000
    /// The least of so many counts, each of `loads` loads, since other work on the machine only ever adds time. On a
    /// virtual machine the same load takes up to a fifth longer from one time to the next, so many short loads give a
    /// better answer than a few long ones.
    private static let repetitions = 8
    private static let loads = 10

    private typealias Cost = (load: Double, counting: Double)

    private enum CountedBy: CaseIterable {
        case nobody, perf, fleetrace
    }

    static func run() throws -> [Measurement] {
        try Unavailable.requireRoot(to: "count the events of all CPUs")
        let perf = try MeasuredProgram.installed("perf", for: "nothing to compare `fleetrace stat` with")
        var best: [CountedBy: Cost] = [:]
        // In turn, so that other work on the machine disturbs all of them alike.
        for _ in 0..<repetitions {
            for way in CountedBy.allCases {
                let cost = try measure(way, perf)
                if cost.load + cost.counting < best[way].map({ $0.load + $0.counting }) ?? .infinity {
                    best[way] = cost
                }
            }
        }
        guard let nobody = best[.nobody], let theirs = best[.perf], let own = best[.fleetrace] else { return [] }
        let note =
            "least of \(repetitions * loads); \(rounds) rounds of load while \(events.count) events are counted on all CPUs"
        let (total, theirTotal) = (own.load + own.counting, theirs.load + theirs.counting)
        return [
            Measurement("stat.load.uncounted", nobody.load, "s", note: note),
            Measurement(
                "stat.perf", theirTotal, "s", note: "perf itself: \(ResultWriter.number(theirs.counting)) s"),
            Measurement(
                "stat.fleetrace", total, "s", ratioToPeer: total / theirTotal,
                note: "the agent itself: \(ResultWriter.number(own.counting)) s"),
        ]
    }

    /// Seconds of processor time: that of the least of `loads`, and what the counting program used for one load.
    private static func measure(_ way: CountedBy, _ perf: MeasuredProgram) throws -> Cost {
        guard way != .nobody else { return (try leastLoad(), 0) }
        let folder = try ScratchFolder()
        let errors = folder.path.appending("errors").string
        let selection = events.flatMap { ["-e", $0] }
        let counter =
            try way == .perf
            ? perf.start(["stat", "-a"] + selection, output: "/dev/null", errors: errors)
            : MeasuredProgram.fleetrace.start(
                ["stat", "--local", "1"] + selection, output: "/dev/null", errors: errors)
        defer {
            kill(counter.pid, SIGINT)
            waitpid(counter.pid, nil, 0)
        }
        let process = try started(way, counter.pid, errors)
        let before = try runtime(process)
        let load = try leastLoad()
        return (load, (try runtime(process) - before) / Double(loads))
    }

    private static func leastLoad() throws -> Double {
        try (0..<loads).reduce(.infinity) { least, _ in min(least, try load()) }
    }

    private static func load() throws -> Double {
        let load = try MeasuredProgram.own.run(["load", "--rounds", "\(rounds)"])
        guard load.status == 0 else { throw InputError("the load failed: \(load.errors)") }
        return load.elapsed.cpu
    }

    /// Waits until counting has begun, and returns the process that counts.
    private static func started(_ way: CountedBy, _ pid: Int32, _ errors: String) throws -> Int32 {
        let deadline = Stopwatch.now(CLOCK_MONOTONIC) + 30
        while Stopwatch.now(CLOCK_MONOTONIC) < deadline {
            usleep(500_000)
            // perf writes nothing before it ends. It begins to count within a few milliseconds.
            if way == .perf { return pid }
            let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            if text.contains("counting "), let agent = ProcessUsage.children(of: pid, named: "fleetrace-agent").first {
                return agent
            }
        }
        throw InputError(
            "`fleetrace stat` does not count: \((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
    }

    /// Seconds of processor time that a process has used, including threads that have ended (clock_getcpuclockid(3)).
    private static func runtime(_ pid: Int32) throws -> Double {
        var clock = clockid_t()
        let code = clock_getcpuclockid(pid, &clock)
        guard code == 0 else { throw InputError("no CPU clock of process \(pid): \(String(cString: strerror(code)))") }
        return Stopwatch.now(clock)
    }
}
