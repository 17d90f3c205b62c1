import Foundation

/// The product as people run it: two agents, a controller, TLS, a session on disk, under a full load of system calls;
/// then the report of that session.
enum EndToEndBenchmark {
    private static let agents = 2

    static func run(seconds: Double) throws -> [Measurement] {
        let folder = try TemporaryFolder()
        let session = folder.path.appending("session").string
        let errors = folder.path.appending("errors").string
        let child = try Program.fleetrace.start(
            [
                "record", "--local", "\(agents)", "-e", "sched", "-e", "syscalls", "-o", session, "--",
                Program.own.path, "load", "--for", "\(seconds)",
            ], output: "/dev/null", errors: errors)
        var agentUsage: [Int32: ProcessUsage] = [:]
        var controller: ProcessUsage?
        var status: Int32 = 0
        while waitpid(child.pid, &status, WNOHANG) == 0 {
            // What a process used last is lost when it ends: at most one interval.
            for pid in ProcessUsage.children(of: child.pid, named: "fleetrace-agent") {
                if let usage = ProcessUsage(pid: pid) { agentUsage[pid] = usage }
            }
            if let usage = ProcessUsage(pid: child.pid) { controller = usage }
            usleep(50_000)
        }
        let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        guard let (received, lost) = totals(text), received > 0, let controller, !agentUsage.isEmpty else {
            throw InputError("the recording failed: \(text)")
        }
        let millions = received / 1e6
        let agentCPU = agentUsage.values.reduce(0) { $0 + $1.cpu }
        let peak = agentUsage.values.map(\.peakResident).max() ?? 0
        var results = [
            Measurement(
                "end-to-end.received", received / seconds, "events/s",
                note: "\(agents) agents, full load of system calls for \(seconds) s on the same machine"),
            Measurement("end-to-end.lost", lost, "events", note: "of \(Int(received + lost))"),
            Measurement("end-to-end.agent.cpu", agentCPU / millions, "s/million", note: "all agents"),
            Measurement(
                "end-to-end.controller.cpu", controller.cpu / millions, "s/million",
                note: "controller, operator and recorder in one process"),
            Measurement("end-to-end.agent.memory", peak / 1_048_576, "MiB", note: "largest resident set of an agent"),
            Measurement(
                "end-to-end.controller.memory", controller.peakResident / 1_048_576, "MiB", note: "largest resident set"
            ),
        ]
        for format in ["default", "ftrace"] {
            let report = try Program.fleetrace.run(["report", session, "--format", format])
            guard report.status == 0 else { throw InputError("report failed: \(report.errors)") }
            results += [
                Measurement(
                    "end-to-end.report.\(format)", received / report.elapsed.cpu, "events/s/core",
                    note:
                        "\(Int(received)) events, \(ResultWriter.number(received / report.elapsed.wall)) /s by the wall"
                ),
                Measurement("end-to-end.report.\(format).memory", report.peakResident / 1_048_576, "MiB"),
            ]
        }
        return results
    }

    /// From `total: 6197905 events received, 0 lost`.
    private static func totals(_ text: String) -> (received: Double, lost: Double)? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("total: ") }) else { return nil }
        let numbers = line.split(whereSeparator: { !$0.isNumber }).compactMap { Double($0) }
        return numbers.count >= 2 ? (numbers[0], numbers[1]) : nil
    }
}
