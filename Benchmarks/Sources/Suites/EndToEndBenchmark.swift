import Foundation

/// The product as people use it: two agents, a controller, TLS, a session on disk, under a full load of system calls. Then
/// the report of that session.
enum EndToEndBenchmark {
    private static let agents = 2

    static func run(seconds: Double) throws -> [Measurement] {
        try Unavailable.requireRoot(to: "record this kernel")
        let folder = try ScratchFolder()
        let session = folder.path.appending("session").string
        let run = try MeasuredProgram.fleetrace.runSampled(
            ["record", "--local", "\(agents)", "-e", "sched", "-e", "syscalls", "-o", session, "--"]
                + MeasuredProgram.load(seconds: seconds),
            children: "fleetrace-agent")
        guard let (received, lost) = run.totals, received > 0, let controller = run.program, !run.children.isEmpty
        else {
            throw InputError("the recording failed: \(run.errors)")
        }
        let millions = received / 1e6
        let agentCPU = run.children.values.reduce(0) { $0 + $1.cpu }
        let peak = run.children.values.map(\.peakResident).max() ?? 0
        var results = [
            Measurement(
                "end-to-end.received", received / seconds, "events/s",
                note: "\(agents) agents, full load of system calls for \(seconds) s on the same machine"),
            Measurement("end-to-end.recorded", received + lost, "events"),
            Measurement("end-to-end.lost", lost, "events"),
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
            let report = try MeasuredProgram.fleetrace.run(["report", session, "--format", format])
            guard report.status == 0 else { throw InputError("report failed: \(report.errors)") }
            let wall = ResultWriter.number(received / report.elapsed.wall)
            results += [
                Measurement(
                    "end-to-end.report.\(format)", received / report.elapsed.cpu, "events/s/core",
                    note: "\(Int(received)) events, \(wall) /s on the wall"),
                Measurement("end-to-end.report.\(format).memory", report.peakResident / 1_048_576, "MiB"),
            ]
        }
        return results
    }
}
