import Foundation

/// A controller with a thousand nodes, which are simulated: listed, counted every second, and shown by `top`. Its
/// processor time is its own; what the simulated agents take is not in it.
enum FleetBenchmark {
    private static let nodes = 1000
    /// Of the kernel's events, counted on each node.
    private static let events = [
        "raw_syscalls:sys_enter", "sched:sched_switch", "sched:sched_wakeup", "irq:irq_handler_entry",
        "timer:hrtimer_expire_entry", "exceptions:page_fault_user", "kmem:mm_page_alloc", "page-faults",
    ]
    /// Seconds: until everything has begun, and over which it is measured.
    private static let settling = 8.0
    private static let measuring = 15.0

    static func run() async throws -> [Measurement] {
        try await ControlledFleet.with(nodes: nodes) { fleet in
            try await measure(fleet.controller, fleet.access, fleet.node.catalog)
        }
    }

    private static func measure(
        _ controller: Int32, _ access: [String], _ catalog: SimulatedCatalog
    ) async throws -> [Measurement] {
        var results: [Measurement] = []
        // The first asks one node, the others find its answer.
        for (name, arguments) in [("first", []), ("again", []), ("fields", ["-v"])] as [(String, [String])] {
            let list = try Program.fleetrace.run(["list"] + arguments + access)
            guard list.status == 0 else { throw InputError("list failed: \(list.errors)") }
            results.append(
                Measurement(
                    "fleet.list.\(name)", list.elapsed.wall * 1000, "ms",
                    note: "wall, \(catalog.events) events x \(nodes) nodes, as people run it"))
        }
        let table = try Program.fleetrace.run(["nodes"] + access)
        guard table.status == 0 else { throw InputError("nodes failed: \(table.errors)") }
        results.append(Measurement("fleet.nodes", table.elapsed.wall * 1000, "ms", note: "wall, \(nodes) nodes"))

        results.append(
            Measurement(
                "fleet.idle.controller", try await share(of: controller), "cores", note: "\(nodes) nodes, no session"))
        let duration = "\(Int(settling + measuring + 3))s"
        let counted = events.flatMap { ["-e", $0] }
        let stat = try Program.fleetrace.start(
            ["stat"] + counted + ["--interval", "1s", "--for", duration] + access, output: "/dev/null",
            errors: "/dev/null")
        results += try await watch(stat.pid, controller, "stat", "\(events.count) events of \(nodes) nodes at 1 Hz")
        guard let script = Program.installed("script") else {
            throw InputError("script(1) is not installed (bsdutils)")
        }
        setenv("TERM", "xterm-256color", 1)
        setenv("LC_ALL", "C.UTF-8", 1)
        let words = [Program.fleetrace.path, "top"] + counted + ["--for", duration] + access
        let top = try script.start(
            ["-qec", words.joined(separator: " "), "/dev/null"], output: "/dev/null", errors: "/dev/null")
        results += try await watch(
            top.pid, controller, "top", "the same on a terminal: counted, listed and redrawn every second")
        return results
    }

    /// What the controller takes while another program runs, and what that takes with its children in all.
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
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        return [
            Measurement("fleet.\(name).controller", share, "cores", note: note),
            Measurement(
                "fleet.\(name).operator", cpu / (Stopwatch.now(CLOCK_MONOTONIC) - begin), "cores",
                note: "its start included"),
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
