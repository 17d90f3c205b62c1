import Foundation

/// A controller with a thousand simulated nodes: listed, counted every second, and shown by `top`. The controller is a
/// process of its own, so its processor time does not include that of the simulated agents.
enum FleetBenchmark {
    private static let nodes = 1000
    /// Events that are counted on each node.
    private static let events = [
        "raw_syscalls:sys_enter", "sched:sched_switch", "sched:sched_wakeup", "irq:irq_handler_entry",
        "timer:hrtimer_expire_entry", "exceptions:page_fault_user", "kmem:mm_page_alloc", "page-faults",
    ]
    /// Seconds until everything has begun, and seconds of measuring.
    private static let settling = 8.0
    private static let measuring = 15.0
    /// Commands of one kind.
    private static let repetitions = 5

    static func run() async throws -> [Measurement] {
        try Unavailable.requireRoot(to: "read this kernel's events")
        let script = try MeasuredProgram.installed("script", for: "`fleetrace top` needs a terminal (bsdutils)")
        return try await ControlledFleet.with(nodes: nodes) { fleet in
            let results = try lists(fleet.access, fleet.inventory.catalog)
            return try await results + counts(fleet.controller, fleet.access, script)
        }
    }

    /// Whole commands, on the wall. Other work on the machine only ever adds time, so the least of some is taken, except of
    /// the first: it makes the controller ask one node, and the others get what the controller keeps of the reply.
    private static func lists(_ access: [String], _ catalog: SimulatedCatalog) throws -> [Measurement] {
        func milliseconds(_ arguments: [String], commands: Int) throws -> Double {
            try (0..<commands).reduce(.infinity) { least, _ in
                let result = try MeasuredProgram.fleetrace.run(arguments + access)
                guard result.status == 0 else { throw InputError("\(arguments[0]) failed: \(result.errors)") }
                return min(least, result.elapsed.wall * 1000)
            }
        }
        let note = "wall, \(catalog.events) events x \(nodes) nodes"
        return [
            Measurement("fleet.list.first", try milliseconds(["list"], commands: 1), "ms", note: note),
            Measurement(
                "fleet.list.again", try milliseconds(["list"], commands: repetitions), "ms",
                note: note + ", least of \(repetitions)"),
            Measurement(
                "fleet.list.fields", try milliseconds(["list", "-v"], commands: repetitions), "ms",
                note: note + ", least of \(repetitions)"),
            Measurement(
                "fleet.nodes", try milliseconds(["nodes"], commands: repetitions), "ms",
                note: "wall, \(nodes) nodes, least of \(repetitions)"),
        ]
    }

    private static func counts(
        _ controller: Int32, _ access: [String], _ script: MeasuredProgram
    ) async throws -> [Measurement] {
        var results = [
            Measurement(
                "fleet.idle.controller", try await share(of: controller), "cores", note: "\(nodes) nodes, no session")
        ]
        let duration = "\(Int(settling + measuring + 3))s"
        let counted = events.flatMap { ["-e", $0] }
        let stat = try MeasuredProgram.fleetrace.start(
            ["stat"] + counted + ["--interval", "1s", "--for", duration] + access, output: "/dev/null",
            errors: "/dev/null")
        results += try await watch(stat.pid, controller, "stat", "\(events.count) events of \(nodes) nodes at 1 Hz")
        setenv("TERM", "xterm-256color", 1)
        setenv("LC_ALL", "C.UTF-8", 1)
        let words = [MeasuredProgram.fleetrace.path, "top"] + counted + ["--for", duration] + access
        let top = try script.start(
            ["-qec", words.joined(separator: " "), "/dev/null"], output: "/dev/null", errors: "/dev/null")
        results += try await watch(
            top.pid, controller, "top", "the same on a terminal: counted, listed and redrawn every second")
        return results
    }

    /// The controller's share of a core while another program runs, and that of the program with its children.
    private static func watch(
        _ pid: pid_t, _ controller: Int32, _ name: String, _ note: String
    ) async throws -> [Measurement] {
        let begin = Stopwatch.now(CLOCK_MONOTONIC)
        try await Task.sleep(for: .seconds(settling))
        let share = try await share(of: controller)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, WNOHANG, &usage) == 0 { try await Task.sleep(for: .milliseconds(50)) }
        guard status == 0 else { throw InputError("\(name) ended with status \(status)") }
        return [
            Measurement("fleet.\(name).controller", share, "cores", note: note),
            Measurement(
                "fleet.\(name).operator", usage.seconds / (Stopwatch.now(CLOCK_MONOTONIC) - begin), "cores",
                note: "including its start"),
        ]
    }

    private static func share(of pid: Int32) async throws -> Double {
        guard let before = ProcessUsage(pid: pid) else { throw InputError("the controller has ended") }
        let begin = Stopwatch.now(CLOCK_MONOTONIC)
        try await Task.sleep(for: .seconds(measuring))
        guard let after = ProcessUsage(pid: pid) else { throw InputError("the controller has ended") }
        return (after.cpu - before.cpu) / (Stopwatch.now(CLOCK_MONOTONIC) - begin)
    }
}
